package main

import (
	"context"
	"fmt"
	"net"

	"dubbo.apache.org/dubbo-go/v3/common"
	"dubbo.apache.org/dubbo-go/v3/common/constant"

	"lab/peers/lab"
)

// place is a group and a version, under which a service is exported.
type place struct {
	group, version string
}

// journal is the provider's own record of what ran: a line EXECUTED GROUP/SERVICE:VERSION.METHOD FIRST-ARGUMENT from PORT for every
// call, written by the method itself; the port is the caller's, so it names the connection.
type journal struct {
	output *lab.Output
	place  place
}

func (j journal) executed(ctx context.Context, service, method string, first any) {
	text := "-"
	switch first.(type) {
	case string, int32, int64, float64:
		text = fmt.Sprint(first)
	}
	key := common.ServiceKey(service, j.place.group, j.place.version)
	j.output.Line("EXECUTED %s.%s %s from %s", key, method, text, callerPort(ctx))
}

// callerPort is the port of the connection's other end, which dubbo-go keeps among the attachments, or 0.
func callerPort(ctx context.Context) string {
	attachments, _ := ctx.Value(constant.AttachmentKey).(map[string]any)
	address, _ := attachments[constant.RemoteAddr].(string)
	if _, port, err := net.SplitHostPort(address); err == nil {
		return port
	}
	return "0"
}

// reference tells dubbo-go the services of one type apart.
func (j journal) reference(service string) string {
	return common.ServiceKey(service, j.place.group, j.place.version)
}
