"""Send one letter of the outbox: claim it, see that it is still true, derive its link, send, note the outcome (T3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rollcall.actions import quotas
from rollcall.auth import links
from rollcall.domain import renewals, tokens
from rollcall.domain.founding import SIGN_UP, SignUp
from rollcall.domain.invitations import Delivery, Invitation, State, Via
from rollcall.domain.members import Member
from rollcall.domain.teams import ProductAccess, Team
from rollcall.domain.tokens import TokenState
from rollcall.mail import letters, notices, ses
from rollcall.mail.letters import Letter, Products, Reason
from rollcall.mail.render import render
from rollcall.mail.ses import MailRefused, MailUnavailable
from rollcall.storage import keys, marks
from rollcall.storage.items import LetterItem
from rollcall.storage.reads import invitation_keys, letter_value, read, tokens_of

UNSENT = ("new", "sending")
MOST_TRIES = 50
_REASONS: Mapping[str, Reason] = {"set_password": "team_created", "password_reset": "reset"}


class NotNow(Exception):
    """The letter must be tried again later."""


@dataclass(frozen=True, slots=True)
class Post:
    """What the sender needs from its surroundings."""

    base_url: str
    sender: str
    link_key: bytes
    configuration_set: str | None


def send_letter(letter_id: str, post: Post, now: datetime) -> str:
    """Send the letter unless that is done, or its link died meanwhile; return what became of it.

    Raises NotNow. A duplicate is possible only when a sender dies between SES's acceptance and the mark; it carries
    an equally valid link of the same generation (I29).
    """
    item = read([keys.letter(letter_id)]).letter(letter_id)
    if item is None or item.state not in UNSENT:
        return "done"
    if int(item.tries) >= MOST_TRIES:
        _close(item, "failed", Delivery.NOT_DELIVERED, None)
        return "failed"
    if not marks.claim_letter(item, now):
        raise NotNow
    addressed = _write(item, post, now)
    if addressed is None:
        marks.close_letter(item, "dropped", None)
        return "dropped"
    return _send(item, *addressed, post, now)


def _send(item: LetterItem, to: str, letter: Letter, post: Post, now: datetime) -> str:
    """Send it, but for an invitation to an address that had its share of them today (case 104)."""
    counted = item.kind == "invitation"
    budget = quotas.letter(to, now)
    if counted and not marks.spend(budget, quotas.LETTERS_A_DAY, now):
        _close(item, "held", Delivery.NOT_DELIVERED, None)
        return "held"
    domain = post.sender.rpartition("@")[2].rstrip(">")
    message = render(letter, to=to, sender=post.sender, message_id=f"{item.id}@{domain}", at=now)
    try:
        message_id = ses.send(message, to=to, sender=post.sender, configuration_set=post.configuration_set)
    except MailRefused:
        _close(item, "refused", Delivery.NOT_DELIVERED, None)
        return "refused"
    except MailUnavailable as error:
        if counted:
            marks.refund(budget)
        marks.release_letter(item)
        raise NotNow from error
    _close(item, "sent", Delivery.SENT, message_id)
    return "sent"


def _close(item: LetterItem, state: str, became: Delivery, message_id: str | None) -> None:
    marks.close_letter(item, state, message_id)
    if item.kind == "invitation":
        marks.delivery(item.team_id, item.subject_id, int(item.generation), became)


def _write(item: LetterItem, post: Post, now: datetime) -> tuple[str, Letter] | None:
    """Return recipient and letter, or None when what it is about is no longer so."""
    team_id, subject = item.team_id, item.subject_id
    if item.kind == SIGN_UP:
        return _to_founder(read([keys.sign_up(team_id)]).sign_up(team_id), post, now)
    about = [keys.member(team_id, subject)] if subject.startswith("mem_") else invitation_keys(team_id, subject)
    found = read([keys.team(team_id), *about])
    team = found.team(team_id)
    if team is None or not team.alive:
        return None
    if item.kind == "invitation":
        return _invitation(found.invitation(team_id, subject), item, team, post, now)
    if item.kind == "renewal_requested":
        return _renewal_requested(found.invitation(team_id, subject), team, now)
    return _to_member(found.member(team_id, subject), item, team, post, now)


def _invitation(
    invitation: Invitation | None, item: LetterItem, team: Team, post: Post, now: datetime
) -> tuple[str, Letter] | None:
    if invitation is None or invitation.state_at(now) is not State.PENDING or invitation.generation != item.generation:
        return None
    token = links.invitation_link(post.link_key, invitation, Via.MAILED)
    letter = letters.Invitation(
        team=team.name,
        inviter_name=invitation.inviter.name,
        inviter_email=invitation.inviter.email,
        role=invitation.role.value,
        products=product_names(invitation.products, team),
        url=f"{post.base_url}/i/{token}",
        expires_at=invitation.expires_at,
        sets_password=invitation.send_password_email and team.passwords_open,
        message=invitation.message,
    )
    return invitation.email_key, letter


def _renewal_requested(invitation: Invitation | None, team: Team, now: datetime) -> tuple[str, Letter] | None:
    """Tell the inviter, or an owner where the inviter may no longer send it."""
    if invitation is None or invitation.state_at(now) is not State.EXPIRED:
        return None
    inviter, owners = keys.member(team.id, invitation.inviter.id), keys.owners(team.id)
    found = read([inviter, owners])
    told = found.member(team.id, invitation.inviter.id)
    if told is None or not renewals.may_renew(told, invitation):
        owner = min(found.owners(team.id))
        told = read([keys.member(team.id, owner)]).member(team.id, owner)
    if told is None:
        return None
    return told.email_key, notices.renewal_requested(team.name, told.name, invitation.email, invitation.expires_at)


def _to_member(
    member: Member | None, item: LetterItem, team: Team, post: Post, now: datetime
) -> tuple[str, Letter] | None:
    if member is None or not (member.is_active and member.email_key):
        return None
    if item.kind == "password_changed":
        return member.email_key, letters.PasswordChanged(team.name, member.name, now, _live_tokens(member, team, now))
    if item.kind in notices.TO_OWNERS:
        return member.email_key, notices.TO_OWNERS[item.kind](team.name, member.name, **letter_value(item).fields)
    if item.kind in notices.OF_TOKENS:
        return _of_token(member, item, team, now)
    link = member.password_link
    if link.generation != item.generation or link.expires_at is None or now >= link.expires_at:
        return None
    url = f"{post.base_url}/reset/{links.password_link(post.link_key, member)}"
    return member.email_key, letters.SetPassword(team.name, member.name, url, link.expires_at, _REASONS[item.kind])


def _of_token(member: Member, item: LetterItem, team: Team, now: datetime) -> tuple[str, Letter] | None:
    """Tell a member of one of their tokens; that it ends soon only while it works."""
    token_id = letter_value(item).fields["token"]
    token = read([keys.pat(team.id, member.id, token_id)]).token(team.id, member.id, token_id)
    if token is None:
        return None
    works = tokens.state(token, member, team.settings, now) is TokenState.ACTIVE
    if item.kind == "token_expiring" and not works:
        return None
    notice = notices.OF_TOKENS[item.kind]
    return member.email_key, notice(team.name, member.name, token.name, token.last4, token.expires_at)


def _live_tokens(member: Member, team: Team, now: datetime) -> tuple[str, ...]:
    """Return the names of the tokens that a change of password leaves working (case 22)."""
    if not member.pats:
        return ()
    listed = tokens_of(member.team_id, member.id)
    return tuple(
        token.name for token, _ in listed if tokens.state(token, member, team.settings, now) is TokenState.ACTIVE
    )


def _to_founder(sign_up: SignUp | None, post: Post, now: datetime) -> tuple[str, Letter] | None:
    """Return the letter of a team to be; the name that a stranger gave for the recipient is not repeated to them."""
    if sign_up is None or not sign_up.live(now):
        return None
    url = f"{post.base_url}/reset/{links.password_link(post.link_key, sign_up.owner)}"
    return sign_up.email_key, letters.SetPassword(sign_up.name, "", url, sign_up.expires_at, "sign_up")


def product_names(access: ProductAccess, team: Team) -> Products:
    """Return the names of the products that the access opens, or "all"."""
    only = access.within(team).only
    return "all" if only is None else tuple(team.products[key] for key in sorted(only))
