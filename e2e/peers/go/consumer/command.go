package main

import "encoding/json"

// command is a line of standard input: so many threads, which each make all calls one after the other, so many rounds over. "{n}" in a
// text argument becomes a text that no other call of the command has.
type command struct {
	ID        uint64    `json:"id"`
	Reference reference `json:"reference"`
	Threads   int       `json:"threads"`
	Rounds    int       `json:"rounds"`
	Calls     []call    `json:"calls"`
	// Asks for the names of lab.Values instead.
	Values bool `json:"values"`
}

// reference says which service, where.
type reference struct {
	// dubbo://127.0.0.1:PORT/SERVICE?timeout=MILLIS&retries=N
	URL     string `json:"url"`
	Group   string `json:"group"`
	Version string `json:"version"`
	// "true" makes every call a generic one.
	Generic string `json:"generic"`
	// Methods that are called one-way.
	OneWay []string `json:"oneway"`
	// Methods that are called with a callback instead of waiting.
	Async []string `json:"async"`
}

// call is one call. Arguments are written as the Java consumer's: a byte[] by its size.
type call struct {
	Method      string            `json:"method"`
	Args        []json.RawMessage `json:"args"`
	Attachments map[string]string `json:"attachments"`
}

// outcome is how a call ended.
type outcome struct {
	Method   string `json:"method"`
	N        string `json:"n"`
	Value    any    `json:"value"`
	Millis   int64  `json:"millis"`
	Attempts int    `json:"attempts"`
	*failure
}

// failure is the error that the caller saw.
type failure struct {
	// The Java class of an exception, otherwise "error".
	Exception string `json:"exception"`
	Message   string `json:"message"`
	// The field of lab.BusinessException.
	Code *int32 `json:"code,omitempty"`
}
