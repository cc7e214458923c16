"""What each notice says. Names are strangers' texts, made harmless here; addresses are canonical ones."""

from collections.abc import Callable, Mapping
from datetime import datetime

from rollcall.mail.letters import Notice
from rollcall.mail.words import day, moment, plain


def renewal_requested(team: str, reader: str, email: str, expired_at: datetime) -> Notice:
    """Tell who may invite that somebody whose invitation expired asks for a new one (I7)."""
    where = plain(team)
    return Notice(
        reader,
        f"{email} asks for a new invitation to {where}",
        (
            f"the invitation of {email} to {where} expired on {day(expired_at)}. Its holder asks for a new one.",
            "To send it, resend the invitation; role and products stay. If they are not to join, do nothing.",
        ),
        f"You got it because you may invite people to {where}.",
    )


def token_issued(team: str, reader: str, name: str, last4: str, expires_at: datetime | None) -> Notice:
    """Tell a member that a token of theirs was made: whoever did not make it knows then (C4)."""
    where, what = plain(team), plain(name)
    ends = f"It works until {day(expires_at)}." if expires_at else "It works until it is revoked."
    return Notice(
        reader,
        f"A personal access token was made for {where}",
        (
            f'the personal access token "{what}" (ending in {last4}) was made for your membership of {where}. {ends}',
            "If that was not you, revoke it, change your password, and tell an owner or admin at once.",
        ),
        f"You got it because a token of your membership of {where} was made.",
    )


def token_expiring(team: str, reader: str, name: str, last4: str, expires_at: datetime | None) -> Notice:
    """Tell a member that a token of theirs ends soon (C4)."""
    where, what = plain(team), plain(name)
    ends = moment(expires_at) if expires_at else "soon"
    return Notice(
        reader,
        f"A personal access token of yours for {where} expires soon",
        (
            f'your personal access token "{what}" (ending in {last4}) for {where} expires on {ends}.',
            "If something still uses it, rotate it before then: the old one works on for a while.",
        ),
        f"You got it because a token of your membership of {where} ends.",
    )


def token_leaked(team: str, reader: str, name: str, last4: str, expires_at: datetime | None) -> Notice:
    """Tell a member that a token of theirs was found in the open, and does not work any more (case 60)."""
    del expires_at
    where, what = plain(team), plain(name)
    return Notice(
        reader,
        f"A personal access token of yours for {where} was found in the open and revoked",
        (
            f'your personal access token "{what}" (ending in {last4}) for {where} was found where anybody can read it.',
            "It was revoked at once and opens nothing any more.",
            "Look at what it was used for in the audit, and make a new one where something needs it.",
        ),
        f"You got it because a token of your membership of {where} was reported.",
    )


def service_token_leaked(team: str, reader: str, name: str, product: str, last4: str) -> Notice:
    """Tell an owner that a product's token was found in the open, and does not work any more (case 60)."""
    where, what = plain(team), plain(name)
    return Notice(
        reader,
        f"A service token of {where} was found in the open and revoked",
        (
            f'the service token "{what}" (ending in {last4}) of {product} was found where anybody can read it.',
            "It was revoked at once. The product cannot ask who its users are until it has a new one.",
        ),
        f"You got it because you own {where}.",
    )


def scim_token_leaked(team: str, reader: str, name: str, last4: str) -> Notice:
    """Tell an owner that a SCIM token was found in the open, and does not work any more (case 60)."""
    where, what = plain(team), plain(name)
    return Notice(
        reader,
        f"A SCIM token of {where} was found in the open and revoked",
        (
            f'the SCIM token "{what}" (ending in {last4}) of {where} was found where anybody can read it.',
            "It was revoked at once. If your identity provider used it, give it a new one: until then it cannot call.",
        ),
        f"You got it because you own {where}.",
    )


def scim_token_expiring(team: str, reader: str, name: str, last4: str, expires: str) -> Notice:
    """Tell an owner that a SCIM token ends soon (S2)."""
    where, what, ends = plain(team), plain(name), moment(datetime.fromisoformat(expires))
    return Notice(
        reader,
        f"A SCIM token of {where} expires soon",
        (
            f'the SCIM token "{what}" (ending in {last4}) of {where} expires on {ends}.',
            "Make a second one, give it to your identity provider, and revoke this one: both work until then.",
            "Without a token that works, people who leave stay members until somebody removes them.",
        ),
        f"You got it because you own {where}.",
    )


def domain_lapsed(team: str, reader: str, domain: str) -> Notice:
    """Tell an owner that a domain is no longer proven (case 196)."""
    where = plain(team)
    return Notice(
        reader,
        f"{domain} is no longer proven for {where}",
        (
            f"the DNS record that proves {domain} for {where} has been gone for three days: it is not yours any more.",
            "Members stay. But your identity provider cannot bring in people of that domain, and others may prove it.",
            "To keep it, publish the record again and verify the domain.",
        ),
        f"You got it because you own {where}.",
    )


def sso_enforced(team: str, reader: str, by: str) -> Notice:
    """Tell an owner that single sign-on is the only way in from now on (C5)."""
    where = plain(team)
    return Notice(
        reader,
        f"{where} enforces single sign-on now",
        (
            f"{by} enforces single sign-on for {where} from now on: sessions begun with a password are over.",
            "People come in through your identity provider; personal access tokens work on.",
            "If that provider fails, owners come in by a break-glass code: make yours now, and keep them elsewhere.",
        ),
        f"You got it because you own {where}.",
    )


def scim_refused(team: str, reader: str, who: str, asked: str) -> Notice:
    """Tell an owner that the identity provider would have cut off the last one (M4, case 138)."""
    where, whom = plain(team), plain(who)
    return Notice(
        reader,
        f"The identity provider asked for the {asked} of the last owner of {where}",
        (
            f"the identity provider of {where} asked for the {asked} of {whom}, the team's last active owner.",
            "It was refused, and will be each time. Make somebody else an owner first, or keep them assigned there.",
        ),
        f"You got it because you own {where}.",
    )


def break_glass_used(team: str, reader: str, email: str, name: str, at: str, left: str) -> Notice:
    """Tell an owner that one of them signed in by a break-glass code (C5, case 43)."""
    where, who, when = plain(team), email or plain(name), moment(datetime.fromisoformat(at))
    return Notice(
        reader,
        f"A break-glass code of {where} was used",
        (
            f"{who} signed in to {where} by a break-glass code on {when}. That code is spent; {left} are left to them.",
            "If it was none of you, end this owner's sessions, have them make new codes, and look at the audit.",
        ),
        f"You got it because you own {where}.",
    )


TO_OWNERS: Mapping[str, Callable[..., Notice]] = {
    "service_token_leaked": service_token_leaked,
    "scim_token_leaked": scim_token_leaked,
    "scim_token_expiring": scim_token_expiring,
    "domain_lapsed": domain_lapsed,
    "scim_refused": scim_refused,
    "sso_enforced": sso_enforced,
    "break_glass_used": break_glass_used,
}


OF_TOKENS = {"token_issued": token_issued, "token_expiring": token_expiring, "token_leaked": token_leaked}
