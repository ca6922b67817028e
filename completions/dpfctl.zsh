#compdef dpfctl

_dpfctl_completion() {
  eval $(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _DPFCTL_COMPLETE=complete_zsh dpfctl)
}

compdef _dpfctl_completion dpfctl
