"""SAM's transform, run by MiniStack's own Python: a built template in, plain CloudFormation out, as JSON.

`python expand.py BUILT BUCKET PARAMETERS`: the folder that `sam build` wrote, the bucket with a zip file of each of its
folders, and the parameters as a JSON object. This file imports nothing of ours, because it runs elsewhere.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module  # the translator is in that environment only, so nothing here can see its types
from pathlib import Path

_FOLDERS = ("CodeUri", "ContentUri")


class _NoPolicies:
    """SAM's own policy templates would come from AWS; the template uses none."""

    def load(self) -> dict[str, str]:
        """Know no managed policy."""
        return {}


def main() -> None:
    """Point the code at the bucket, then write the transformed template to the standard output."""
    built, bucket, parameters = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    parse = import_module("samtranslator.yaml_helper").yaml_parse
    transform = import_module("samtranslator.translator.transform").transform
    template = parse((built / "template.yaml").read_text("utf-8"))
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for name in _FOLDERS:
            if name in properties:
                properties[name] = f"s3://{bucket}/{Path(properties[name]).name}.zip"
    json.dump(transform(template, parameters, _NoPolicies()), sys.stdout)


if __name__ == "__main__":
    main()
