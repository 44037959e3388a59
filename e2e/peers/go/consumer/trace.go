package main

import (
	"context"
	"fmt"
	"time"

	"dubbo.apache.org/dubbo-go/v3/common"
	"dubbo.apache.org/dubbo-go/v3/common/constant"
	"dubbo.apache.org/dubbo-go/v3/common/extension"
	"dubbo.apache.org/dubbo-go/v3/filter"
	"dubbo.apache.org/dubbo-go/v3/protocol/base"
	"dubbo.apache.org/dubbo-go/v3/protocol/invocation"
	"dubbo.apache.org/dubbo-go/v3/protocol/result"
	"dubbo.apache.org/dubbo-go/v3/remoting"
)

const labFilter = "lab"

func init() {
	extension.SetFilter(labFilter, func() filter.Filter { return tracer{} })
}

type traceKey struct{}

// trace is what a call asks of the filter below, and what that saw.
type trace struct {
	attachments   map[string]string
	oneWay, async bool
	attempts      int
	answers       chan answered
}

type answered struct {
	value any
	err   error
}

// wait is how a call with a callback ended.
func (t *trace) wait(timeout time.Duration) (any, error) {
	select {
	case answer := <-t.answers:
		return answer.value, answer.err
	case <-time.After(timeout):
		return nil, fmt.Errorf("no callback within %s", timeout)
	}
}

// tracer stands below the cluster, so it sees every attempt.
type tracer struct{}

func (tracer) Invoke(ctx context.Context, invoker base.Invoker, call base.Invocation) result.Result {
	trace, ok := ctx.Value(traceKey{}).(*trace)
	if !ok {
		return invoker.Invoke(ctx, call)
	}
	trace.attempts++
	for key, value := range trace.attachments {
		call.SetAttachment(key, value)
	}
	if trace.oneWay || trace.async {
		call.SetAttachment(constant.AsyncKey, "true")
	}
	if concrete, ok := call.(*invocation.RPCInvocation); ok && trace.async {
		concrete.SetCallBack(trace.callback)
	}
	return invoker.Invoke(ctx, call)
}

func (tracer) OnResponse(_ context.Context, answer result.Result, _ base.Invoker, _ base.Invocation) result.Result {
	return answer
}

func (t *trace) callback(response common.CallbackResponse) {
	pending, ok := response.(remoting.AsyncCallbackResponse)
	if !ok {
		t.answers <- answered{err: fmt.Errorf("a callback with %T", response)}
		return
	}
	answer := answered{err: pending.Cause}
	if reply, ok := pending.Reply.(*remoting.Response); ok && answer.err == nil {
		if read, ok := reply.Result.(*result.RPCResult); ok {
			answer = answered{value: read.Rest, err: read.Err}
		}
		if place, ok := answer.value.(*any); ok {
			answer.value = *place
		}
	}
	t.answers <- answer
}
