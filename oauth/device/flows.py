"""Which device flow a vendor speaks."""

from __future__ import annotations

from collections.abc import Callable

from oauth.device.aws import AwsDevice
from oauth.device.codex import CodexDevice
from oauth.device.flow import DeviceFlow
from oauth.device.standard import StandardDevice
from oauth.driver import Driver
from oauth.vendor import Vendor
from storage import AsyncStore


def device_flow(vendor: Vendor, driver: Driver, store: AsyncStore, clock: Callable[[], float]) -> DeviceFlow:
    """The flow that the vendor's descriptor names; `clock` gives unix seconds."""
    match vendor.flow:
        case "codex-device":
            return CodexDevice(driver, clock)
        case "aws-device":
            return AwsDevice(driver, store, clock)
        case _:
            return StandardDevice(driver, clock)
