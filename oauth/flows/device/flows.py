"""Which device flow a vendor speaks."""

from __future__ import annotations

from collections.abc import Callable

from openab_auth.oauth.client import Driver
from openab_auth.oauth.flows.device.aws import AwsDevice
from openab_auth.oauth.flows.device.codex import CodexDevice
from openab_auth.oauth.flows.device.flow import DeviceFlow
from openab_auth.oauth.flows.device.standard import StandardDevice
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import AsyncStore


def device_flow(vendor: Vendor, driver: Driver, store: AsyncStore, clock: Callable[[], float]) -> DeviceFlow:
    """The flow that the vendor's descriptor names; `clock` gives unix seconds."""
    match vendor.flow:
        case "codex-device":
            return CodexDevice(driver, clock)
        case "aws-device":
            return AwsDevice(driver, store, clock)
        case _:
            return StandardDevice(driver, clock)
