package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"dubbo.apache.org/dubbo-go/v3/client"
	hessian "github.com/apache/dubbo-go-hessian2"
	"github.com/apache/dubbo-go-hessian2/java_exception"

	"lab/peers/lab"
)

// caller makes the calls of one reference.
type caller struct {
	reference  reference
	connection *client.Connection
	timeout    time.Duration
	retries    int
}

// call makes one call and tells its outcome; n is the text that stands for "{n}" in arguments.
func (c *caller) call(call call, n string) outcome {
	outcome := outcome{Method: call.Method, N: n}
	arguments, types, err := arguments(call, n)
	if err != nil {
		outcome.failure = describe(err)
		return outcome
	}
	method := call.Method
	if c.reference.Generic != "" {
		objects := make([]hessian.Object, len(arguments))
		for i, argument := range arguments {
			objects[i] = argument
		}
		method, arguments = "$invoke", []any{call.Method, types, objects}
	}
	trace := &trace{
		attachments: call.Attachments,
		oneWay:      slices.Contains(c.reference.OneWay, call.Method),
		async:       slices.Contains(c.reference.Async, call.Method),
		answers:     make(chan answered, 1),
	}
	var value any
	start := time.Now()
	err = c.connection.CallUnary(context.WithValue(context.Background(), traceKey{}, trace), arguments, &value, method,
		client.WithCallRequestTimeout(c.timeout), client.WithCallRetries(c.retries))
	switch {
	case err == nil && trace.async:
		value, err = trace.wait(c.timeout)
	case trace.oneWay:
		// dubbo-go leaves the pointer in what it points to.
		value = nil
	}
	outcome.Millis = time.Since(start).Milliseconds()
	outcome.Attempts = trace.attempts
	if err != nil {
		outcome.failure = describe(err)
	} else {
		outcome.Value = lab.Plain(value)
	}
	return outcome
}

func describe(err error) *failure {
	described := &failure{Exception: "error", Message: err.Error()}
	var thrown java_exception.Throwabler
	if errors.As(err, &thrown) {
		described.Exception = thrown.JavaClassName()
	}
	var business *lab.BusinessException
	if errors.As(err, &business) {
		described.Code = &business.Code
	}
	return described
}
