"""Access tokens from a broker, for agents that cannot read the store (`docs/how-to/broker.md`)."""

from openab_auth.oauth.tokens.broker.address import BrokerAddress, read_address, read_key
from openab_auth.oauth.tokens.broker.answers import BrokerRequest, BrokerToken
from openab_auth.oauth.tokens.broker.source import BrokerTokenSource

__all__ = ["BrokerAddress", "BrokerRequest", "BrokerToken", "BrokerTokenSource", "read_address", "read_key"]
