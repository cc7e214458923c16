"""Every way in which Rollcall says no. What status each becomes is the HTTP floor's table, not this one's.

RollcallError
├── Unauthenticated               no valid credential
│   ├── TokenExpired              said only to the holder of the right secret
│   ├── TokenRevoked
│   ├── AgainstPolicy             C4: lives longer than the team allows now
│   └── SsoFailed                 the identity provider's answer proves nothing
├── Forbidden                     known, but not allowed
│   ├── AboveYourRank             I8, M3
│   ├── NoProductAccess           C7: a product that the member may not open, or that is none
│   ├── SignUpOff                 T1: teams are only made by the operator here
│   ├── StepUpRequired            C4: needs a fresh session
│   ├── WrongPassword             the present password is missing or not right
│   ├── SsoDenied                 the identity provider refused
│   ├── NoMembership              J5: nobody of the team, and nothing lets them join
│   │   └── EmailUnproven         no e-mail address that counts
│   ├── InvitedElsewhere          the invitation is for another address
│   ├── AccountDeactivated
│   ├── LinkedElsewhere           I12: the member signs in as another subject
│   └── NotVouched                I16: no owner stands for the connection
├── Invalid                       malformed input, with pointers
│   └── SsoStateInvalid           I11: no sign-in of this browser, or too late
├── NotFound                      unknown, or another team's
├── Conflict                      the state says no
│   ├── LastOwner                 M4
│   ├── AlreadyInvited            I6
│   ├── MemberExists
│   ├── UseReactivate             the address belongs to a deactivated member
│   ├── AlreadyAccepted
│   ├── InvitationRevoked
│   ├── InvitationExpired
│   ├── StillValid                an invitation that works needs no renewal
│   ├── WrongAccount              signed in as somebody else
│   ├── SsoRequired               J4
│   ├── PasswordLoginOff          C2
│   ├── SsoUntested               C5: no owner has tried a connection
│   ├── SsoEnforced               it would leave no way in
│   ├── ActingOnYourself          cutting oneself off by an admin's route
│   ├── SlugTaken
│   ├── MemberHasGrants           M8: names each grant
│   ├── NotActive                 the member is deactivated
│   ├── BeingRemoved              the member is gone but for a product's grants
│   ├── GroupExists               a SCIM group of that name is there
│   ├── HeldByHand                S3: an admin deactivated the member; only an admin lets them in again
│   ├── NotManaged                S3: the member is not the identity provider's, and not in a proven domain
│   ├── NotReachable              no link may be mailed to the member
│   ├── EmailNotProven            S3: the new address lies outside the team's proven domains
│   ├── ProductExists
│   ├── ProductRetired            a product's key is never used again
│   ├── DomainTaken               another team has proven this domain (case 196)
│   ├── DomainUnproven            the DNS record is not there
│   ├── TokenLimit                C4: the member holds as many tokens as the team allows
│   ├── GrantLimit                M9: the member holds as many grants as there may be
│   ├── AlreadyIssued             the answer held a secret and is not kept
│   └── Contention                others kept changing the same thing
├── Gone                          a dead link
│   ├── LinkUnknown
│   ├── LinkExpired
│   ├── LinkRevoked
│   ├── LinkReplaced              a newer link was sent
│   └── LinkUsed
├── StaleVersion                  If-Match named an older version
├── KeyReused                     an idempotency key with another body
├── TooManyRequests
├── Unavailable                   a dependency failed; nothing was changed, or the same request completes it
│   └── ProviderUnavailable       the identity provider
├── NotCovered                    internal: whose rank a change rests on has lost it (I16)
└── Stale                         internal: what was read has moved on, read and decide again
"""

from rollcall.domain.errors.base import (
    AboveYourRank,
    AgainstPolicy,
    Conflict,
    Flaw,
    Forbidden,
    Gone,
    Invalid,
    KeyReused,
    LinkExpired,
    LinkReplaced,
    LinkRevoked,
    LinkUnknown,
    LinkUsed,
    NoProductAccess,
    NotCovered,
    NotFound,
    RollcallError,
    SignUpOff,
    Stale,
    StaleVersion,
    StepUpRequired,
    TokenExpired,
    TokenRevoked,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    WrongPassword,
    pointer,
)
from rollcall.domain.errors.conflicts import (
    ActingOnYourself,
    AlreadyAccepted,
    AlreadyInvited,
    AlreadyIssued,
    BeingRemoved,
    Contention,
    DomainTaken,
    DomainUnproven,
    EmailNotProven,
    GrantLimit,
    GroupExists,
    HeldByHand,
    InvitationExpired,
    InvitationRevoked,
    LastOwner,
    MemberExists,
    MemberHasGrants,
    NotActive,
    NotManaged,
    NotReachable,
    PasswordLoginOff,
    ProductExists,
    ProductRetired,
    SlugTaken,
    SsoRequired,
    StillValid,
    TokenLimit,
    UseReactivate,
    WrongAccount,
)
from rollcall.domain.errors.sso import (
    AccountDeactivated,
    EmailUnproven,
    InvitedElsewhere,
    LinkedElsewhere,
    NoMembership,
    NotVouched,
    ProviderUnavailable,
    SsoDenied,
    SsoEnforced,
    SsoFailed,
    SsoStateInvalid,
    SsoUntested,
)

__all__ = [
    "AboveYourRank",
    "AccountDeactivated",
    "ActingOnYourself",
    "AgainstPolicy",
    "AlreadyAccepted",
    "AlreadyInvited",
    "AlreadyIssued",
    "BeingRemoved",
    "Conflict",
    "Contention",
    "DomainTaken",
    "DomainUnproven",
    "EmailNotProven",
    "EmailUnproven",
    "Flaw",
    "Forbidden",
    "Gone",
    "GrantLimit",
    "GroupExists",
    "HeldByHand",
    "Invalid",
    "InvitationExpired",
    "InvitationRevoked",
    "InvitedElsewhere",
    "KeyReused",
    "LastOwner",
    "LinkExpired",
    "LinkReplaced",
    "LinkRevoked",
    "LinkUnknown",
    "LinkUsed",
    "LinkedElsewhere",
    "MemberExists",
    "MemberHasGrants",
    "NoMembership",
    "NoProductAccess",
    "NotActive",
    "NotCovered",
    "NotFound",
    "NotManaged",
    "NotReachable",
    "NotVouched",
    "PasswordLoginOff",
    "ProductExists",
    "ProductRetired",
    "ProviderUnavailable",
    "RollcallError",
    "SignUpOff",
    "SlugTaken",
    "SsoDenied",
    "SsoEnforced",
    "SsoFailed",
    "SsoRequired",
    "SsoStateInvalid",
    "SsoUntested",
    "Stale",
    "StaleVersion",
    "StepUpRequired",
    "StillValid",
    "TokenExpired",
    "TokenLimit",
    "TokenRevoked",
    "TooManyRequests",
    "Unauthenticated",
    "Unavailable",
    "UseReactivate",
    "WrongAccount",
    "WrongPassword",
    "pointer",
]
