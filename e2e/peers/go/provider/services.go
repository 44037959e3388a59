package main

import (
	"context"
	"fmt"
	"time"

	"lab/peers/lab"
)

// UserService is the open service.
type UserService struct {
	journal
	label string
}

// Reference is its name within dubbo-go.
func (s *UserService) Reference() string { return s.reference("lab.UserService") }

// MethodMapper gives the names on the wire.
func (s *UserService) MethodMapper() map[string]string {
	return map[string]string{
		"Hello": "hello", "SaveUser": "saveUser", "ListUsers": "listUsers", "FindUser": "findUser", "Bytes": "bytes",
		"EchoBytes": "echoBytes", "Fail": "fail", "Slow": "slow", "Notify": "notify", "WhoAmI": "whoAmI", "Same": "same",
	}
}

func (s *UserService) ran(ctx context.Context, method string, first any) {
	s.executed(ctx, "lab.UserService", method, first)
}

// Hello answers "hello NAME".
func (s *UserService) Hello(ctx context.Context, name string) (string, error) {
	s.ran(ctx, "hello", name)
	return "hello " + name, nil
}

// SaveUser answers the same user, one year older.
func (s *UserService) SaveUser(ctx context.Context, user *lab.User) (*lab.User, error) {
	s.ran(ctx, "saveUser", user)
	user.Age++
	return user, nil
}

// ListUsers answers so many users; every one has the first as its friend, which Hessian writes as a reference.
func (s *UserService) ListUsers(ctx context.Context, count int32) ([]any, error) {
	s.ran(ctx, "listUsers", count)
	users := make([]any, count)
	var first *lab.User
	for n := range users {
		user := lab.Sample(n)
		if n == 0 {
			first = user
		} else {
			user.Friends = append(user.Friends, first)
		}
		users[n] = user
	}
	return users, nil
}

// FindUser always answers null.
func (s *UserService) FindUser(ctx context.Context, name string) (*lab.User, error) {
	s.ran(ctx, "findUser", name)
	return nil, nil
}

// Bytes answers so many bytes of a fixed pattern.
func (s *UserService) Bytes(ctx context.Context, size int32) ([]byte, error) {
	s.ran(ctx, "bytes", size)
	return lab.Pattern(int(size)), nil
}

// EchoBytes answers what came in.
func (s *UserService) EchoBytes(ctx context.Context, bytes []byte) ([]byte, error) {
	s.ran(ctx, "echoBytes", bytes)
	return bytes, nil
}

// Fail fails with lab.BusinessException.
func (s *UserService) Fail(ctx context.Context, message string) (string, error) {
	s.ran(ctx, "fail", message)
	return "", lab.NewBusinessException(42, message)
}

// Slow answers after this time.
func (s *UserService) Slow(ctx context.Context, millis int32) (string, error) {
	s.ran(ctx, "slow", millis)
	time.Sleep(time.Duration(millis) * time.Millisecond)
	return fmt.Sprintf("slow %d", millis), nil
}

// Notify is called one-way.
func (s *UserService) Notify(ctx context.Context, event string) error {
	s.ran(ctx, "notify", event)
	return nil
}

// WhoAmI answers the provider's label.
func (s *UserService) WhoAmI(ctx context.Context) (string, error) {
	s.ran(ctx, "whoAmI", nil)
	return s.label, nil
}

// Same answers what came in, of any type.
func (s *UserService) Same(ctx context.Context, value any) (any, error) {
	// dubbo-go hands a null over as a pointer to one.
	if place, ok := value.(*any); ok {
		value = *place
	}
	s.ran(ctx, "same", value)
	return value, nil
}

// SecretService is the service that policies protect.
type SecretService struct {
	journal
}

// Reference is its name within dubbo-go.
func (s *SecretService) Reference() string { return s.reference("lab.SecretService") }

// MethodMapper gives the names on the wire.
func (s *SecretService) MethodMapper() map[string]string {
	return map[string]string{"Reveal": "reveal", "Hello": "hello"}
}

// Reveal answers "secret WHAT".
func (s *SecretService) Reveal(ctx context.Context, what string) (string, error) {
	s.executed(ctx, "lab.SecretService", "reveal", what)
	return "secret " + what, nil
}

// Hello answers "secret hello NAME". Of the same signature as the open one, so that bytes can mean either.
func (s *SecretService) Hello(ctx context.Context, name string) (string, error) {
	s.executed(ctx, "lab.SecretService", "hello", name)
	return "secret hello " + name, nil
}
