# SPDX-License-Identifier: BSD-3-Clause
# kedge.bash - bash completion: commands, the long options of each, files. Asks kedge itself, so it never goes stale.
_kedge() {
    local kedge=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} candidates=""
    # bash splits at "=": --device = cpu
    if [ "$word" = "=" ]; then
        word=""
    elif [ "$before" = "=" ]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ] || { [ "$COMP_CWORD" -eq 2 ] && [ "$before" = help ]; }; then
        candidates=$("$kedge" help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
    elif [ "$before" = --device ]; then
        candidates="auto cpu cuda"
    elif [ "$before" = --precision ]; then
        candidates="mixed double"
    elif [[ $word == -* ]]; then
        candidates=$("$kedge" "${COMP_WORDS[1]}" --help 2>/dev/null | grep -oE '^ +(-., )?--[a-z][a-z-]*' | grep -oE -- '--.*')
    fi
    if [ -n "$candidates" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        compopt -o filenames 2>/dev/null
    fi
}
complete -F _kedge kedge
