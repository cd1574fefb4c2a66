"""YAML that holds values only: no objects, no anchors but for plain values, bounded in length, depth and digits.

An alias to a list or a mapping is how a few lines unfold to more than any memory holds; a scenario has no use for one.
"""

from __future__ import annotations

from typing import Any

LONGEST = 500_000  # signs of a text
DEEPEST = 20  # lists and mappings inside each other
MOST_DIGITS = 40


def read_yaml(text: str) -> Any:
    """Values of a YAML text: mappings, lists, texts, numbers, days.

    Raises
    ------
    ValueError
        If the text is not YAML, or exceeds a limit (named in the message).
    """
    import yaml

    class Plain(yaml.SafeLoader):
        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            if isinstance(event, yaml.AliasEvent) and not isinstance(self.anchors.get(event.anchor), yaml.ScalarNode):
                raise ValueError(f"an alias to a list or mapping{event.start_mark}; write it out")
            self.depth += 1
            if self.depth > DEEPEST:
                raise ValueError(f"more than {DEEPEST} lists or mappings inside each other{event.start_mark}")
            made = super().compose_node(parent, index)
            self.depth -= 1
            return made

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            twice = next((key for key in keys if keys.count(key) > 1), None)
            if twice is not None:
                raise ValueError(f"the key {twice!r} twice{node.start_mark}")
            return super().construct_mapping(node, deep)

        def construct_scalar(self, node: Any) -> Any:
            value = super().construct_scalar(node)
            if any("\ud800" <= sign <= "\udfff" for sign in value):
                raise ValueError(f"half a sign (a surrogate){node.start_mark}")
            return value

        def construct_yaml_int(self, node: Any) -> int:
            if len(self.construct_scalar(node)) > MOST_DIGITS:
                raise ValueError(f"a number of more than {MOST_DIGITS} digits{node.start_mark}")
            return int(super().construct_yaml_int(node))

    Plain.add_constructor("tag:yaml.org,2002:int", Plain.construct_yaml_int)
    if len(text) > LONGEST:
        raise ValueError(f"{len(text):,} signs, at most {LONGEST:,} are read; split it")
    try:
        return yaml.load(text, Plain)
    except (yaml.YAMLError, LookupError, AttributeError, TypeError, ArithmeticError) as problem:
        # beside its own errors, PyYAML lets out what a tag does with a value of another kind: !!int "", !!bool x
        raise ValueError(str(problem) or type(problem).__name__) from None
