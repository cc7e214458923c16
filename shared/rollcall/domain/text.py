"""Kinds of text that come from outside; each has one strict reader on the HTTP floor, and one schema."""

from typing import NewType

from rollcall.domain.connections import RoleRule

PersonName = NewType("PersonName", str)
TeamName = NewType("TeamName", str)
Message = NewType("Message", str)
LinkText = NewType("LinkText", str)
NewPassword = NewType("NewPassword", str)
TypedPassword = NewType("TypedPassword", str)
AvatarUrl = NewType("AvatarUrl", str)
DomainName = NewType("DomainName", str)
Slug = NewType("Slug", str)
AllProducts = NewType("AllProducts", bool)
ProductKeys = NewType("ProductKeys", tuple[str, ...])
ProductKey = NewType("ProductKey", str)
ProductName = NewType("ProductName", str)
GrantName = NewType("GrantName", str)
AddressList = NewType("AddressList", tuple[str, ...])
RoleRules = NewType("RoleRules", tuple[RoleRule, ...])
TokenName = NewType("TokenName", str)
OverlapMinutes = NewType("OverlapMinutes", int)
MemberId = NewType("MemberId", str)
HeirId = NewType("HeirId", str)
FormText = NewType("FormText", str)
CredentialText = NewType("CredentialText", str)
ConnectionName = NewType("ConnectionName", str)
Issuer = NewType("Issuer", str)
ClientId = NewType("ClientId", str)
ClientSecret = NewType("ClientSecret", str)
ClaimPath = NewType("ClaimPath", str)
