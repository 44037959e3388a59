// A provider: provider PORT LABEL [HEARTBEAT-MILLIS]. Prints READY when it listens on 127.0.0.1, then a line for every call that
// runs. Ends when its standard input ends, so it cannot outlive who started it.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	_ "dubbo.apache.org/dubbo-go/v3/filter/accesslog"
	_ "dubbo.apache.org/dubbo-go/v3/filter/echo"
	_ "dubbo.apache.org/dubbo-go/v3/filter/exec_limit"
	_ "dubbo.apache.org/dubbo-go/v3/filter/generic"
	_ "dubbo.apache.org/dubbo-go/v3/filter/graceful_shutdown"
	_ "dubbo.apache.org/dubbo-go/v3/filter/token"
	_ "dubbo.apache.org/dubbo-go/v3/filter/tps"
	"dubbo.apache.org/dubbo-go/v3/global"
	"dubbo.apache.org/dubbo-go/v3/protocol"
	_ "dubbo.apache.org/dubbo-go/v3/protocol/dubbo"
	_ "dubbo.apache.org/dubbo-go/v3/proxy/proxy_factory"
	"dubbo.apache.org/dubbo-go/v3/remoting/getty"
	"dubbo.apache.org/dubbo-go/v3/server"

	"lab/peers/lab"
)

// Both services are exported under each of these.
var places = []place{{"", ""}, {"", "2.0.0"}, {"g1", "1.0.0"}, {"g1", "2.0.0"}}

func main() {
	output := lab.TakeOutput()
	if err := run(output, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(output *lab.Output, arguments []string) error {
	if len(arguments) < 2 {
		return fmt.Errorf("usage: provider PORT LABEL [HEARTBEAT-MILLIS]")
	}
	port, err := strconv.Atoi(arguments[0])
	if err != nil {
		return err
	}
	if len(arguments) > 2 {
		settings := getty.GetServerConfig()
		settings.HeartbeatPeriod = arguments[2] + "ms"
		getty.SetServerConfig(settings)
	}
	application := global.DefaultApplicationConfig()
	application.Name = "lab-provider"
	// With the other type, it also exports MetadataService on all interfaces.
	application.MetadataType = "remote"
	srv, err := server.NewServer(
		server.SetServerApplication(application),
		server.WithServerNotRegister(),
		server.WithServerProtocol(protocol.WithDubbo(), protocol.WithIp("127.0.0.1"), protocol.WithPort(port)),
	)
	if err != nil {
		return err
	}
	for _, place := range places {
		journal := journal{output: output, place: place}
		services := map[string]any{
			"lab.UserService":   &UserService{journal: journal, label: arguments[1]},
			"lab.SecretService": &SecretService{journal: journal},
		}
		for name, service := range services {
			err := srv.Register(service, nil,
				server.WithInterface(name), server.WithGroup(place.group), server.WithVersion(place.version))
			if err != nil {
				return err
			}
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve() }()
	if err := waitListening(port, ended); err != nil {
		return err
	}
	output.Line("READY")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// waitListening waits until the port is open: Serve does not say when.
func waitListening(port int, ended <-chan error) error {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		select {
		case err := <-ended:
			return err
		default:
		}
		if connection, err := net.Dial("tcp", address); err == nil {
			return connection.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("nothing listens on %s", address)
}
