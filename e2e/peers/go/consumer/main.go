// A consumer: consumer CONNECTIONS [HEARTBEAT-MILLIS]. Prints READY, then takes a command a line from standard input, runs them side by
// side, and prints a line {"id": ID, "outcomes": [...]} for each, as they end: the language of the Java consumer. Ends when its standard
// input ends, so it cannot outlive who started it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"

	_ "dubbo.apache.org/dubbo-go/v3/cluster/cluster/failfast"
	_ "dubbo.apache.org/dubbo-go/v3/cluster/cluster/failover"
	_ "dubbo.apache.org/dubbo-go/v3/cluster/loadbalance/random"
	_ "dubbo.apache.org/dubbo-go/v3/filter/generic"
	_ "dubbo.apache.org/dubbo-go/v3/filter/graceful_shutdown"
	_ "dubbo.apache.org/dubbo-go/v3/protocol/dubbo"
	_ "dubbo.apache.org/dubbo-go/v3/proxy/proxy_factory"
	"dubbo.apache.org/dubbo-go/v3/remoting/getty"

	"lab/peers/lab"
)

func main() {
	output := lab.TakeOutput()
	if err := run(output, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(output *lab.Output, arguments []string) error {
	if err := configure(arguments); err != nil {
		return err
	}
	references := newReferences()
	output.Line("READY")
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil
		}
		var command command
		if err := json.Unmarshal(line, &command); err != nil {
			return err
		}
		go answer(output, references, command)
	}
}

// configure sets how many connections there are to one port (dubbo-go's own choice is 16) and how often a quiet one gets a heartbeat.
func configure(arguments []string) error {
	if len(arguments) < 1 {
		return fmt.Errorf("usage: consumer CONNECTIONS [HEARTBEAT-MILLIS]")
	}
	settings := getty.GetDefaultClientConfig()
	connections, err := strconv.Atoi(arguments[0])
	if err != nil {
		return err
	}
	settings.ConnectionNum = connections
	if len(arguments) > 1 {
		settings.HeartbeatPeriod = arguments[1] + "ms"
	}
	getty.SetClientConf(*settings)
	return nil
}

func answer(output *lab.Output, references *references, command command) {
	answer := map[string]any{"id": command.ID}
	if command.Values {
		answer["values"] = lab.Names()
	} else if outcomes, err := outcomes(references, command); err != nil {
		answer["failure"] = err.Error()
	} else {
		answer["outcomes"] = outcomes
	}
	text, err := json.Marshal(answer)
	if err != nil {
		text, _ = json.Marshal(map[string]any{"id": command.ID, "failure": err.Error()})
	}
	output.Line("%s", text)
}

// outcomes runs the command's threads and puts together what they saw, thread by thread.
func outcomes(references *references, command command) ([]outcome, error) {
	caller, err := references.caller(command.Reference)
	if err != nil {
		return nil, err
	}
	threads := make([][]outcome, max(command.Threads, 1))
	var group sync.WaitGroup
	for thread := range threads {
		group.Add(1)
		go func() {
			defer group.Done()
			for round := range max(command.Rounds, 1) {
				for number, call := range command.Calls {
					n := fmt.Sprintf("%d-%d-%d-%d", command.ID, thread, round, number)
					threads[thread] = append(threads[thread], caller.call(call, n))
				}
			}
		}()
	}
	group.Wait()
	var all []outcome
	for _, outcomes := range threads {
		all = append(all, outcomes...)
	}
	return all, nil
}
