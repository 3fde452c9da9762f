"""The completion scripts: each hands the words of the line to `temp-access __complete` and shows what it answers."""

import shlex
from collections.abc import Mapping

# The candidates never pass through compgen -W or eval: those would run a `$(…)` in a grant's id.
_BASH = r"""# bash completion for temp-access; in ~/.bashrc: source <(temp-access completion bash)
_temp_access() {
    local current="${COMP_WORDS[COMP_CWORD]}" candidate quoted
    COMPREPLY=()
    while IFS= read -r candidate; do
        printf -v quoted %q "$candidate"
        [[ $quoted == "$current"* || $candidate == "$current"* ]] && COMPREPLY+=("$quoted")
    done < <(@PROGRAM@ __complete line "$COMP_CWORD" "${COMP_WORDS[@]}" 2>/dev/null)
    if ((${#COMPREPLY[@]} == 0)); then
        compopt -o default
    fi
}
complete -F _temp_access temp-access
"""

_ZSH = r"""#compdef temp-access
# zsh completion for temp-access; in ~/.zshrc, after compinit: source <(temp-access completion zsh)
_temp_access() {
    local -a candidates
    candidates=("${(@f)$(@PROGRAM@ __complete line $((CURRENT - 1)) "${words[@]}" 2>/dev/null)}")
    candidates=("${(@)candidates:#}")
    if (( ${#candidates} )); then
        compadd -a candidates
    else
        _files
    fi
}
if [[ "${funcstack[1]}" == _temp_access ]]; then
    _temp_access "$@"
else
    compdef _temp_access temp-access
fi
"""

_SCRIPTS: Mapping[str, str] = {"bash": _BASH, "zsh": _ZSH}
SHELLS = tuple(_SCRIPTS)


def script(shell: str, program: str) -> str:
    """Return the script for one of SHELLS, which asks the temp-access at the path `program`."""
    return _SCRIPTS[shell].replace("@PROGRAM@", shlex.quote(program))
