"""Opening the next block of a roster when one is full: a transaction of its own, before the join is tried again."""

from typing import TYPE_CHECKING

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from rollcall.storage import keys
from rollcall.storage.items import OpenBlocksItem
from rollcall.storage.reads import read
from rollcall.storage.table import connection

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action


def open_next_block(team_id: str, full: int) -> None:
    """Put the next block in the place of the full one; whoever comes second finds it done."""
    blocks = read([keys.open_blocks(team_id)]).open_blocks(team_id)
    if full not in blocks:
        return
    following = max(blocks) + 1
    item = OpenBlocksItem(*keys.open_blocks(team_id))
    others = [block for block in blocks if block != full]
    actions: list[Action] = [
        OpenBlocksItem.blocks.set([*others, following]),
        OpenBlocksItem.following.set(following + 1),
    ]
    try:
        with TransactWrite(connection=connection()) as transaction:
            transaction.update(item, actions, OpenBlocksItem.blocks == blocks)
    except TransactWriteError:
        return
