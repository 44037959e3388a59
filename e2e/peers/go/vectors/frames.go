package main

import (
	"errors"
	"fmt"

	"dubbo.apache.org/dubbo-go/v3/common"
	"dubbo.apache.org/dubbo-go/v3/protocol/base"
	"dubbo.apache.org/dubbo-go/v3/protocol/dubbo"
	"dubbo.apache.org/dubbo-go/v3/protocol/invocation"
	"dubbo.apache.org/dubbo-go/v3/protocol/result"
	"dubbo.apache.org/dubbo-go/v3/remoting"
	hessian "github.com/apache/dubbo-go-hessian2"

	"lab/peers/lab"
)

// call is what a consumer asks for.
type call struct {
	group, service, version, method string
	arguments                       []any
	attachments                     map[string]any
	oneWay                          bool
	// Tells calls of one method apart.
	note string
}

// frames is whole frames as dubbo-go's codec writes them: requests by what they call, and answers.
func frames() ([]string, error) {
	codec := &dubbo.DubboCodec{}
	var lines []string
	add := func(name string, write func() ([]byte, error)) error {
		frame, err := smallest(write)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		lines = append(lines, name+": "+compact(frame))
		return nil
	}
	for id, call := range calls() {
		key := common.ServiceKey(call.service, call.group, call.version)
		name := fmt.Sprintf("request %s.%s", key, call.method)
		if call.note != "" {
			name += ", " + call.note
		}
		if err := add(name, func() ([]byte, error) { return request(codec, int64(2*id+2), call) }); err != nil {
			return nil, err
		}
	}
	for id, answer := range answers() {
		write := func() ([]byte, error) {
			answer.response.ID = int64(2*id + 2)
			written, err := codec.EncodeResponse(&answer.response)
			if err != nil {
				return nil, err
			}
			return written.Bytes(), nil
		}
		if err := add("answer "+answer.kind, write); err != nil {
			return nil, err
		}
	}
	return lines, add("heartbeat", func() ([]byte, error) {
		written, err := codec.EncodeRequest(&remoting.Request{ID: 2, Event: true, TwoWay: true})
		if err != nil {
			return nil, err
		}
		return written.Bytes(), nil
	})
}

// request is a call as DubboInvoker hands it to the codec.
func request(codec *dubbo.DubboCodec, id int64, call call) ([]byte, error) {
	asked := invocation.NewRPCInvocation(call.method, call.arguments, map[string]any{})
	asked.SetAttachment("path", call.service)
	asked.SetAttachment("interface", call.service)
	for key, value := range map[string]string{"group": call.group, "version": call.version} {
		if value != "" {
			asked.SetAttachment(key, value)
		}
	}
	asked.SetAttachment("timeout", "3000")
	for key, value := range call.attachments {
		asked.SetAttachment(key, value)
	}
	var data base.Invocation = asked
	written, err := codec.EncodeRequest(&remoting.Request{ID: id, TwoWay: !call.oneWay, Data: &data})
	if err != nil {
		return nil, err
	}
	return written.Bytes(), nil
}

func calls() []call {
	user := func(method string, arguments ...any) call {
		return call{service: "lab.UserService", method: method, arguments: arguments}
	}
	grouped := user("hello", "grouped")
	grouped.group, grouped.version = "g1", "1.0.0"
	oneWay := user("notify", "event")
	oneWay.oneWay, oneWay.attachments = true, map[string]any{"async": "true"}
	attached := user("hello", "attached")
	attached.note = "attachments"
	attached.attachments = map[string]any{"x-lane": "canary", "x-list": []string{"a", "b"}, "x-empty": ""}
	generic := user("$invoke", "hello", []string{"java.lang.String"}, []hessian.Object{"generic"})
	generic.note, generic.attachments = "generic", map[string]any{"generic": "true"}
	described := user("$invoke", "saveUser", []string{"lab.User"},
		[]hessian.Object{map[string]any{"class": "lab.User", "name": "bob"}})
	described.note, described.attachments = "generic object", map[string]any{"generic": "true"}
	all := []call{
		user("hello", "bob"), grouped, oneWay, attached, generic, described,
		user("whoAmI"),
		user("saveUser", lab.Sample(1)),
		user("two", "a", int32(1), int64(2), true, 2.5, []byte{1, 2, 3}, nil),
		{group: "g1", service: "lab.SecretService", version: "2.0.0", method: "reveal", arguments: []any{"it"}},
		{service: "lab.UserService", version: "2.0.0", method: "$echo", arguments: []any{"echo"}},
	}
	for _, named := range lab.Values() {
		switch named.Name {
		case "uint32", "uint64", "enums":
			// It has no descriptor for these, or no name of a list.
			continue
		}
		same := user("same", named.Value)
		same.note = named.Name
		all = append(all, same)
	}
	return all
}

// answer is a provider's, and what kind it is.
type answer struct {
	kind     string
	response remoting.Response
}

func answers() []answer {
	// The attachment decides whether the answer carries attachments.
	attached := map[string]any{"dubbo": "2.0.2", "x-lane": "canary"}
	ok := func(kind string, payload result.RPCResult) answer {
		return answer{kind, remoting.Response{SerialID: 2, Status: hessian.Response_OK, Result: payload}}
	}
	failed := func(kind string, status uint8, err error) answer {
		return answer{kind, remoting.Response{SerialID: 2, Status: status, Result: result.RPCResult{Err: err}}}
	}
	all := []answer{
		ok("value, attachments", result.RPCResult{Rest: "hello bob", Attrs: attached}),
		ok("value, plain", result.RPCResult{Rest: "hello bob"}),
		ok("value, object", result.RPCResult{Rest: lab.Sample(1), Attrs: attached}),
		ok("value, bytes", result.RPCResult{Rest: lab.Pattern(1_500), Attrs: attached}),
		ok("null, attachments", result.RPCResult{Attrs: attached}),
		ok("null, plain", result.RPCResult{}),
		ok("exception, attachments", result.RPCResult{Err: lab.NewBusinessException(42, "no"), Attrs: attached}),
		ok("exception, plain", result.RPCResult{Err: errors.New("no")}),
		failed("error, bad request", hessian.Response_BAD_REQUEST, errors.New("bad")),
		failed("error, server", hessian.Response_SERVER_ERROR, errors.New("broken \U0001F600")),
	}
	return append(all, answer{"heartbeat", remoting.Response{SerialID: 2, Status: hessian.Response_OK, Event: true}})
}
