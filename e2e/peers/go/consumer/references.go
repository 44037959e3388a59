package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"dubbo.apache.org/dubbo-go/v3/client"
)

// references keeps a connection a reference: equal references share what dubbo-go makes of them, so that a connection lives on.
type references struct {
	lock    sync.Mutex
	callers map[string]*caller
}

func newReferences() *references {
	return &references{callers: map[string]*caller{}}
}

func (r *references) caller(reference reference) (*caller, error) {
	key, err := json.Marshal(reference)
	if err != nil {
		return nil, err
	}
	r.lock.Lock()
	defer r.lock.Unlock()
	if known, ok := r.callers[string(key)]; ok {
		return known, nil
	}
	made, err := refer(reference)
	if err != nil {
		return nil, err
	}
	r.callers[string(key)] = made
	return made, nil
}

func refer(reference reference) (*caller, error) {
	place, err := url.Parse(reference.URL)
	if err != nil {
		return nil, err
	}
	timeout, err := option(place, "timeout", 3000)
	if err != nil {
		return nil, err
	}
	retries, err := option(place, "retries", 0)
	if err != nil {
		return nil, err
	}
	// Without WithClientNoCheck, a reference panics when nobody listens.
	dubbo, err := client.NewClient(client.WithClientNoCheck(), client.WithClientURL("dubbo://"+place.Host))
	if err != nil {
		return nil, err
	}
	service := strings.TrimPrefix(place.Path, "/")
	options := []client.ReferenceOption{
		client.WithProtocolDubbo(),
		client.WithSerialization("hessian2"),
		client.WithGroup(reference.Group),
		client.WithVersion(reference.Version),
		client.WithFilter(labFilter),
	}
	if reference.Generic != "" {
		options = append(options, client.WithGeneric())
	}
	connection, err := dubbo.Dial(service, options...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", reference.URL, err)
	}
	return &caller{
		reference:  reference,
		connection: connection,
		timeout:    time.Duration(timeout) * time.Millisecond,
		retries:    retries,
	}, nil
}

// option is a number among the URL's options.
func option(place *url.URL, key string, otherwise int) (int, error) {
	text := place.Query().Get(key)
	if text == "" {
		return otherwise, nil
	}
	return strconv.Atoi(text)
}
