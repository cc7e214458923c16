"""`make rehearse`: the built template deployed to an emulator, and an invitation played through its API Gateway."""
