// Package lab has the values that the peers send each other: the same classes as the Java peers'.
package lab

import (
	"encoding/base64"
	"fmt"
	"time"

	hessian "github.com/apache/dubbo-go-hessian2"
	gxbig "github.com/dubbogo/gost/math/big"
)

func init() {
	hessian.RegisterPOJO(&User{})
	hessian.RegisterJavaEnum(Reader)
	hessian.RegisterPOJO(&BusinessException{})
}

// User is lab.User: a field of most kinds that Hessian writes in a form of its own.
type User struct {
	Name    string
	Age     int32
	ID      int64 `hessian:"id"`
	Balance float64
	Active  bool
	Born    time.Time
	Limit   *gxbig.Decimal
	Role    Role
	Photo   []byte
	Tags    []string
	Scores  map[string]int32
	Friends []*User
}

// JavaClassName is the class of the Java peers.
func (*User) JavaClassName() string { return "lab.User" }

// Sample is the user number n; the same for the same number, and the same as the Java peers'.
func Sample(n int) *User {
	limit, err := gxbig.NewDecFromString("1234.50")
	if err != nil {
		panic(err)
	}
	return &User{
		// U+1F600 lies outside the basic plane: it is written as two surrogates of three bytes each.
		Name:    fmt.Sprintf("user %d \u00e4\u4e2d\U0001F600", n),
		Age:     int32(20 + n),
		ID:      1 << (n % 60),
		Balance: float64(n) + 0.25,
		Active:  n%2 == 0,
		Born:    time.UnixMilli(86_400_000 * int64(n)),
		Limit:   limit,
		Role:    Role(n % 2),
		Photo:   Pattern(n),
		Tags:    []string{fmt.Sprintf("tag %d", n)},
		Scores:  map[string]int32{"score": int32(n)},
		Friends: []*User{},
	}
}

// Role is the Java enum lab.User$Role.
type Role hessian.JavaEnum

// The roles, in the order of the Java enum.
const (
	Reader Role = iota
	Writer
)

// JavaClassName is the enum's class.
func (Role) JavaClassName() string { return "lab.User$Role" }

// String is the constant's name in Java.
func (role Role) String() string {
	if role == Writer {
		return "WRITER"
	}
	return "READER"
}

// EnumValue is the constant of this name.
func (Role) EnumValue(name string) hessian.JavaEnum {
	if name == "WRITER" {
		return hessian.JavaEnum(Writer)
	}
	return hessian.JavaEnum(Reader)
}

// Pattern is bytes that do not repeat at a power of two, so that a piece lost or doubled shows.
func Pattern(size int) []byte {
	bytes := make([]byte, size)
	for i := range bytes {
		bytes[i] = byte(i % 251)
	}
	return bytes
}

// Short is a text that tells long bytes apart.
func Short(bytes []byte) string {
	if len(bytes) > 48 {
		return fmt.Sprintf("%d bytes", len(bytes))
	}
	return base64.StdEncoding.EncodeToString(bytes)
}
