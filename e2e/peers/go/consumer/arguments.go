package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	gxbig "github.com/dubbogo/gost/math/big"

	"lab/peers/lab"
)

// The parameters of each method, as Java names their types.
var parameters = map[string][]string{
	"hello": {"java.lang.String"}, "saveUser": {"lab.User"}, "listUsers": {"int"}, "findUser": {"java.lang.String"},
	"bytes": {"int"}, "echoBytes": {"[B"}, "fail": {"java.lang.String"}, "slow": {"int"}, "notify": {"java.lang.String"},
	"whoAmI": {}, "reveal": {"java.lang.String"},
	// By the name of one of lab.Values.
	"same": {"java.lang.Object"}, "$echo": {"java.lang.Object"},
}

// arguments reads a call's arguments, and tells the names of their types, which a generic call carries.
func arguments(call call, n string) ([]any, []string, error) {
	types, ok := parameters[call.Method]
	if !ok {
		// The same method by the other case of its first letter, which dubbo-go serves, too.
		types, ok = parameters[strings.ToLower(call.Method[:1])+call.Method[1:]]
	}
	if !ok || len(types) != len(call.Args) {
		return nil, nil, fmt.Errorf("no method %s with %d arguments", call.Method, len(call.Args))
	}
	arguments := make([]any, len(types))
	for i, name := range types {
		argument, err := argument(name, call.Args[i], n)
		if err != nil {
			return nil, nil, err
		}
		arguments[i] = argument
	}
	return arguments, types, nil
}

func argument(name string, text json.RawMessage, n string) (any, error) {
	switch name {
	case "int":
		var number int32
		err := json.Unmarshal(text, &number)
		return number, err
	case "[B":
		var size int
		err := json.Unmarshal(text, &size)
		return lab.Pattern(size), err
	case "lab.User":
		return userOf(text)
	case "java.lang.Object":
		var name string
		if err := json.Unmarshal(text, &name); err != nil {
			return nil, err
		}
		return lab.Value(name)
	default:
		var given string
		err := json.Unmarshal(text, &given)
		return strings.ReplaceAll(given, "{n}", n), err
	}
}

// given is a user as the Java consumer's JSON library writes it.
type given struct {
	Name    string
	Age     int32
	ID      int64
	Balance float64
	Active  bool
	Limit   *json.Number
	Role    string
	Tags    []string
	Scores  map[string]int32
	Friends []json.RawMessage
}

func userOf(text json.RawMessage) (*lab.User, error) {
	var given given
	if err := json.Unmarshal(text, &given); err != nil {
		return nil, err
	}
	user := &lab.User{
		Name: given.Name, Age: given.Age, ID: given.ID, Balance: given.Balance, Active: given.Active,
		Born: time.UnixMilli(86_400_000), Role: lab.Role(lab.Reader.EnumValue(given.Role)),
		Photo: lab.Pattern(int(given.Age)), Tags: given.Tags, Scores: given.Scores,
	}
	if given.Limit != nil {
		limit, err := gxbig.NewDecFromString(given.Limit.String())
		if err != nil {
			return nil, err
		}
		user.Limit = limit
	}
	for _, text := range given.Friends {
		friend, err := userOf(text)
		if err != nil {
			return nil, err
		}
		user.Friends = append(user.Friends, friend)
	}
	return user, nil
}
