"""From a product's service token, new or gone, to the operations of its transaction: two items, and the set of ids."""

from typing import TYPE_CHECKING

from pynamodb.expressions.condition import size
from pynamodb.expressions.operand import Path

from rollcall.domain.errors import RollcallError, TokenLimit
from rollcall.domain.service_tokens import MOST_SERVICE_TOKENS, ServiceToken
from rollcall.storage import keys
from rollcall.storage.items import ServiceTokensItem
from rollcall.storage.records import service_token_items
from rollcall.storage.table import Item
from rollcall.storage.transaction import Transaction, stale

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action


def create(transaction: Transaction, token: ServiceToken) -> None:
    """Add a token where its product has room for one more (I15)."""
    transaction.puts += [(item, Item.PK.does_not_exist(), stale) for item in service_token_items(token)]
    room = ServiceTokensItem.ids.does_not_exist() | (size(Path(["ids"])) < MOST_SERVICE_TOKENS)
    gained: list[Action] = [ServiceTokensItem.ids.add({token.id})]
    transaction.updates.append((_set_of(token), gained, room, lambda _: _full()))


def retire(transaction: Transaction, token: ServiceToken) -> None:
    """Take a token away; who comes second decides again."""
    transaction.deletes += [(item, Item.PK.exists(), stale) for item in service_token_items(token)]
    lost: list[Action] = [ServiceTokensItem.ids.delete({token.id})]
    transaction.updates.append((_set_of(token), lost, None, stale))


def _set_of(token: ServiceToken) -> ServiceTokensItem:
    return ServiceTokensItem(*keys.service_tokens(token.team_id, token.product))


def _full() -> RollcallError:
    return TokenLimit(f"A product has at most {MOST_SERVICE_TOKENS} service tokens: revoke one first.")
