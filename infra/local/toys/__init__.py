"""Toy identity providers: they provision people as Entra ID and Okta do, over HTTP and in their dialects."""
