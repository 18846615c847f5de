"""completion: the arguments of `packc completion`."""

from __future__ import annotations

from typing import Any

EXAMPLES = """\
examples:
  bash:  eval "$(packc completion bash)"               in ~/.bashrc
  zsh:   eval "$(packc completion zsh)"                in ~/.zshrc
  fish:  packc completion fish | source                in ~/.config/fish/config.fish
"""


def add(command: Any) -> None:
    command.add_argument("shell", choices=("bash", "zsh", "fish"))
