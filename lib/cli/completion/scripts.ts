/** The scripts that teach shells to complete the commands: they ask the program itself, with `__complete`. */
import { COMPLETE } from './candidate.ts';

/** Shells with a script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type ShellName = (typeof SHELLS)[number];

/**
 * The script for a shell.
 *
 * @param names programs to complete; the first one answers for all
 */
export function completionScript(shell: ShellName, names: readonly [string, ...string[]]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](names);
}

type Names = readonly [string, ...string[]];

const functionName = ([name]: Names): string => `_${name.replaceAll('-', '_')}_complete`;

function bashScript(names: Names): string {
  return `# bash completion of ${names.join(', ')}
${functionName(names)}() {
  local word kind=
  COMPREPLY=()
  while IFS= read -r word; do
    if [[ -z $kind ]]; then kind=$word; else COMPREPLY+=("$word"); fi
  done < <(command ${names[0]} ${COMPLETE} bash "$1" "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
  # bash before 4 has no compopt.
  type compopt &>/dev/null || return 0
  case $kind in
    words) compopt +o default +o bashdefault ;;
    'words open') compopt +o default +o bashdefault -o nospace ;;
    folders) compopt +o default +o bashdefault -o dirnames ;;
  esac
  return 0
}
complete -o bashdefault -o default -F ${functionName(names)} ${names.join(' ')}
`;
}

function zshScript(names: Names): string {
  const own = functionName(names);
  return `#compdef ${names.join(' ')}
# zsh completion of ${names.join(', ')}
${own}() {
  local -a lines values shown open openShown
  local line value kind
  lines=("\${(@f)$(command ${names[0]} ${COMPLETE} zsh "$service" "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  kind=\${lines[1]}
  shift lines
  case $kind in
    files) compset -P '--[a-z-]#='; _files ;;
    folders) compset -P '--[a-z-]#='; _files -/ ;;
    words*)
      for line in "\${lines[@]}"; do
        value=\${line%%$'\\t'*}
        [[ $line == *$'\\t'* ]] && line="$value -- \${line#*$'\\t'}"
        if [[ $value == *[/=] ]]; then open+=("$value"); openShown+=("$line"); else values+=("$value"); shown+=("$line"); fi
      done
      compadd -l -d shown -a values
      compadd -l -d openShown -S '' -a open
      ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  ${own} "$@"
else
  compdef ${own} ${names.join(' ')}
fi
`;
}

function fishScript(names: Names): string {
  const own = functionName(names);
  return `# fish completion of ${names.join(', ')}
function ${own}
    set -l current (commandline -ct)
    set -l lines (command ${names[0]} ${COMPLETE} fish $argv[1] (commandline -opc)[2..] "$current" 2>/dev/null)
    switch "$lines[1]"
        case files folders
            set -l prefix (string match -r -- '^--[a-z-]+=' "$current")
            set -l rest (string replace -r -- '^--[a-z-]+=' '' "$current")
            set -l found
            if test "$lines[1]" = files
                set found (__fish_complete_path "$rest")
            else
                set found (__fish_complete_directories "$rest")
            end
            printf '%s\\n' "$prefix"$found
        case '*'
            test (count $lines) -gt 1; and printf '%s\\n' $lines[2..]
    end
end
${names.map((name) => `complete -c ${name} -f -a '(${own} ${name})'`).join('\n')}
`;
}
