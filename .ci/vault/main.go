// Vault is HashiCorp Vault, which its makers do not let "go install" build: their module replaces
// others by folders of its own. It is built for tests only.
package main

import (
	"os"

	"github.com/hashicorp/vault/command"
)

func main() { os.Exit(command.Run(os.Args[1:])) }
