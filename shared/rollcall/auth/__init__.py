"""Who is calling: the text of credentials, links, passwords, and the judgement of one consistent reading."""
