# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of kswapck for bash. What there is it asks kswapck itself, so that it
# always knows the commands, options and problems of the one that is installed.

# The words of a command's own help: options, each "--name" or "--name=".
_kswapck_options()
{
	"$1" "$2" --help 2>/dev/null |
		sed -n 's/^  *\(-., \)\{0,1\}\(--[a-z-]*=\{0,1\}\).*/\2/p'
}

_kswapck_commands()
{
	"$1" help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'
}

# Ids and names of all problems, and the known bugs.
_kswapck_topics()
{
	"$1" help problems 2>/dev/null | sed -n 's/^ *\(KS[0-9]*\)  *[a-z]*  *\([a-z-]*\).*/\1\n\2/p'
	"$1" help bugs 2>/dev/null | sed -n 's/^  *\([a-z][a-z-]*\)  .*/\1/p'
	printf 'problems\nbugs\n'
}

_kswapck_problems()
{
	"$1" help problems 2>/dev/null | sed -n 's/^ *KS[0-9]*  *[a-z]*  *\([a-z-]*\).*/\1/p'
}

# What may follow --name=; anything else is a file.
_kswapck_value()
{
	local program=$1 option=$2 value=$3 problem names

	case $option in
	--stacks) names="cpus all" ;;
	--by) names="slot device problem" ;;
	--arch) names="x86_64 aarch64" ;;
	--compress) names="zlib lzo zstd" ;;
	--severity | -S)
		case $value in
		*=*) problem=${value%%=*}; names="$problem=ignore $problem=warn $problem=error" ;;
		*) names=$(_kswapck_problems "$program" | sed 's/$/=/'); compopt -o nospace ;;
		esac ;;
	*) return 1 ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$names" -- "$value")
}

_kswapck()
{
	local program=${COMP_WORDS[0]} command=triage word option
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local commands

	COMPREPLY=()
	commands=$(_kswapck_commands "$program")
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if [[ $'\n'$commands$'\n' == *$'\n'"$word"$'\n'* ]]; then
			command=$word
			break
		fi
	done

	# bash splits "--name=value" at the "=", and so "--severity=problem=grade" twice
	if [[ ${COMP_WORDS[COMP_CWORD > 4 ? COMP_CWORD - 4 : 0]} == --severity && $previous == "=" ]]; then
		mapfile -t COMPREPLY < <(compgen -W "ignore warn error" -- "$current")
		return
	fi
	if [[ ${COMP_WORDS[COMP_CWORD > 3 ? COMP_CWORD - 3 : 0]} == --severity && $current == "=" ]]; then
		COMPREPLY=(ignore warn error)
		return
	fi
	if [[ $current == "=" ]]; then
		_kswapck_value "$program" "$previous" "" && return
		mapfile -t COMPREPLY < <(compgen -f)
		return
	fi
	if [[ $previous == "=" ]]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	else
		option=$previous
	fi
	[[ $option == -* ]] && _kswapck_value "$program" "$option" "$current" && return

	if [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_kswapck_options "$program" "$command")" -- "$current")
		[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
		return
	fi
	if [[ $command == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_kswapck_topics "$program") $commands" -- "$current")
		return
	fi
	[[ $COMP_CWORD -eq 1 ]] && mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
	compopt -o filenames
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
}

complete -F _kswapck kswapck
