// The rate limit service of envoyproxy/ratelimit, as its own main starts it, but that it ends with its standard input. Its settings come
// from the environment (see e2e/src/ratelimit.rs).
package main

import (
	"io"
	"os"

	"github.com/envoyproxy/ratelimit/src/service_cmd/runner"
	"github.com/envoyproxy/ratelimit/src/settings"
)

func main() {
	go func() {
		// Whatever ends the input ends the service.
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	r := runner.NewRunner(settings.NewSettings())
	r.Run()
}
