package lab

import (
	"fmt"
	"strings"
	"time"

	hessian "github.com/apache/dubbo-go-hessian2"
	"github.com/apache/dubbo-go-hessian2/java8_time"
	"github.com/apache/dubbo-go-hessian2/java_exception"
	"github.com/apache/dubbo-go-hessian2/java_sql_time"
	"github.com/apache/dubbo-go-hessian2/java_util"
	gxbig "github.com/dubbogo/gost/math/big"
)

// Named is a value with the name that tests call it by.
type Named struct {
	Name  string
	Value any
}

// Value is the one of this name.
func Value(name string) (any, error) {
	for _, named := range Values() {
		if named.Name == name {
			return named.Value, nil
		}
	}
	return nil, fmt.Errorf("no value is called %q", name)
}

// Names is what Value knows.
func Names() []string {
	var names []string
	for _, named := range Values() {
		names = append(names, named.Name)
	}
	return names
}

// Values is one value or more of every kind that dubbo-go writes in a form of its own, each made anew.
func Values() []Named {
	var all []Named
	for _, values := range [][]Named{numbers(), texts(), collections(), times(), objects(), wrappers()} {
		all = append(all, values...)
	}
	return all
}

func numbers() []Named {
	return []Named{
		{"null", nil},
		{"true", true},
		{"false", false},
		{"int8", int8(-128)},
		{"byte", byte(200)},
		{"short", int16(-32768)},
		{"char", uint16('x')},
		{"int-one-byte", int32(47)},
		{"int-two-bytes", int32(-2048)},
		{"int-three-bytes", int32(262143)},
		{"int-five-bytes", int32(-2147483648)},
		{"uint32", uint32(4294967295)},
		{"long-one-byte", int64(-8)},
		{"long-two-bytes", int64(2047)},
		{"long-three-bytes", int64(-262144)},
		{"long-five-bytes", int64(2147483647)},
		{"long-nine-bytes", int64(-9223372036854775808)},
		{"int-of-go", 1 << 40},
		{"uint64", uint64(1) << 63},
		{"float", float32(12.25)},
		{"float-inexact", float32(0.1)},
		{"double-zero", 0.0},
		{"double-one", 1.0},
		{"double-byte", -128.0},
		{"double-short", 32767.0},
		{"double-mills", 12.25},
		{"double", 3.141592653589793},
	}
}

func texts() []Named {
	emoji := "\U0001F600"
	values := []Named{
		{"string-empty", ""},
		{"string-ascii", "hello"},
		{"string-two-bytes", "\u00e4\u00f6\u00fc"},
		{"string-three-bytes", "\u4e2d\u6587"},
		{"string-emoji", emoji + " " + emoji},
		{"string-of-nul", "a\x00b"},
		// The second unit of the pair is the first of the next chunk, if the writer splits it.
		{"string-pair-across-chunks", strings.Repeat("a", 4095) + emoji + "b"},
		{"string-pair-at-the-end", strings.Repeat("a", 4094) + emoji},
		{"string-pairs-only", strings.Repeat(emoji, 4096)},
		{"string-in-many-chunks", strings.Repeat("\u4e2d", 20_000)},
	}
	for _, size := range []int{31, 32, 1023, 1024, 4095, 4096, 4097, 8192, 8193, 65_535, 65_536} {
		values = append(values, Named{fmt.Sprintf("string-%d", size), strings.Repeat("s", size)})
	}
	for _, size := range []int{0, 1, 15, 16, 1023, 1024, 4095, 4096, 4097, 8192, 65_536} {
		values = append(values, Named{fmt.Sprintf("bytes-%d", size), make([]byte, size)})
	}
	return values
}

func collections() []Named {
	shared := Sample(1)
	cycle := Sample(2)
	cycle.Friends = []*User{cycle}
	list := []any{"a", int32(1), nil}
	return []Named{
		{"list-empty", []any{}},
		{"list", []any{"a", int32(1), int64(2), 2.5, true, nil, []byte{1, 2}}},
		{"list-of-lists", []any{[]any{[]any{}}, []any{"x"}}},
		{"list-of-8", []any{"1", "2", "3", "4", "5", "6", "7", "8"}},
		{"list-twice", []any{list, list}},
		{"list-of-objects", []hessian.Object{"a", int32(1)}},
		{"strings", []string{"a", "", "\u4e2d"}},
		{"strings-empty", []string{}},
		{"strings-nil", []string(nil)},
		{"strings-of-strings", [][]string{{"a"}, {"b", "c"}}},
		{"ints", []int32{1, -1, 70_000}},
		{"longs", []int64{1, -1, 1 << 40}},
		{"ints-of-go", []int{1, 2}},
		{"shorts", []int16{1, 2}},
		{"chars", []uint16{'a', 'b'}},
		{"floats", []float32{0.5, 1.5}},
		{"doubles", []float64{0, 1, 3.14}},
		{"booleans", []bool{true, false}},
		{"users", []*User{Sample(0), Sample(1)}},
		{"users-shared", []*User{shared, shared}},
		{"user-cycle", cycle},
		{"map-empty", map[any]any{}},
		{"map", map[any]any{"key": "value"}},
		{"map-of-many", map[any]any{"a": int32(1), int32(2): "b", 2.5: nil}},
		{"map-of-strings", map[string]string{"key": "value"}},
		{"map-of-ints", map[string]int32{"a": 1, "b": 2}},
		{"map-by-int", map[int32]string{7: "seven"}},
		{"map-nested", map[string]any{"inner": map[string]any{"deepest": []any{map[any]any{"k": nil}}}}},
		{"map-of-users", map[string]*User{"one": Sample(1)}},
		{"map-as-class", map[string]any{hessian.ClassKey: "lab.Unknown", "a": "1"}},
		{"map-key-path", map[string]any{"path": "lab.SecretService", "interface": "lab.SecretService"}},
	}
}

func times() []Named {
	date := java8_time.LocalDate{Year: 2026, Month: 6, Day: 16}
	clock := java8_time.LocalTime{Hour: 6, Minute: 5, Second: 4, Nano: 3}
	moment := java8_time.LocalDateTime{Date: date, Time: clock}
	offset := java8_time.ZoneOffSet{Seconds: 7200}
	instant := time.UnixMilli(1_767_225_599_999)
	return []Named{
		{"date", instant},
		{"date-of-whole-minutes", time.UnixMilli(60_000)},
		{"date-before-1970", time.UnixMilli(-1)},
		{"date-zero", time.Time{}},
		{"dates", []time.Time{instant, instant}},
		{"java8-year", &java8_time.Year{Year: 2026}},
		{"java8-year-month", &java8_time.YearMonth{Year: 2026, Month: 6}},
		{"java8-month-day", &java8_time.MonthDay{Month: 6, Day: 16}},
		{"java8-period", &java8_time.Period{Years: 1, Months: 2, Days: 3}},
		{"java8-duration", &java8_time.Duration{Seconds: 30, Nanos: 10}},
		{"java8-instant", &java8_time.Instant{Seconds: 100, Nanos: 10}},
		{"java8-local-date", &date},
		{"java8-local-time", &clock},
		{"java8-local-date-time", &moment},
		{"java8-zone-offset", &offset},
		{"java8-offset-time", &java8_time.OffsetTime{LocalTime: clock, ZoneOffset: offset}},
		{"java8-offset-date-time", &java8_time.OffsetDateTime{DateTime: moment, Offset: offset}},
		{"java8-zoned-date-time", &java8_time.ZonedDateTime{DateTime: moment, Offset: offset, ZoneId: "Europe/Berlin"}},
		{"sql-date", &java_sql_time.Date{Time: instant}},
		{"sql-time", &java_sql_time.Time{Time: instant}},
	}
}

func objects() []Named {
	caused := java_exception.NewRuntimeException("outer")
	caused.Cause = java_exception.NewIllegalStateException("inner")
	caused.StackTrace = []java_exception.StackTraceElement{
		{DeclaringClass: "lab.Main", MethodName: "main", FileName: "Main.java", LineNumber: 7},
		{DeclaringClass: "lab.Main", MethodName: "run", FileName: "Main.java", LineNumber: 42},
	}
	return []Named{
		{"user", Sample(3)},
		{"user-of-defaults", &User{}},
		{"enum", Writer},
		{"enums", []Role{Reader, Writer}},
		{"uuid", &java_util.UUID{Value: "123e4567-e89b-12d3-a456-426614174000"}},
		{"locale", &java_util.LocaleHandle{Value: "de_DE"}},
		{"big-integer", integer("-123456789012345678901234567890")},
		{"big-integer-zero", integer("0")},
		{"big-decimal", decimal("1234.50")},
		{"big-decimal-long", decimal("-0.000000000000000000000000000001")},
		{"class", &java_exception.Class{Name: "java.lang.String"}},
		{"exception", java_exception.NewException("broken")},
		{"exception-with-cause-and-stack-trace", caused},
		{"exception-of-business", NewBusinessException(42, "no")},
		{"exception-throwable", java_exception.NewThrowable("thrown")},
		{"exception-null-pointer", java_exception.NewNullPointerException("null")},
		{"hash-set", &HashSet{Items: []any{int32(0), int32(1)}}},
	}
}

func wrappers() []Named {
	number, long, short, text := int32(1), int64(2), int16(3), "text"
	truth, float, double := true, float32(0.5), 2.5
	letter := hessian.Rune('x')
	return []Named{
		{"integer", &number},
		{"long", &long},
		{"short-object", &short},
		{"string-pointer", &text},
		{"boolean", &truth},
		{"float-object", &float},
		{"double-object", &double},
		{"character", &letter},
		{"integers", []*int32{&number, &number}},
		{"long-objects", []*int64{&long}},
		{"boolean-objects", []*bool{&truth}},
		{"float-objects", []*float32{&float}},
		{"double-objects", []*float64{&double}},
		{"short-objects", []*int16{&short}},
		{"characters", []*hessian.Rune{&letter}},
	}
}

func integer(digits string) *gxbig.Integer {
	value := &gxbig.Integer{}
	if err := value.FromString(digits); err != nil {
		panic(err)
	}
	return value
}

func decimal(digits string) *gxbig.Decimal {
	value, err := gxbig.NewDecFromString(digits)
	if err != nil {
		panic(err)
	}
	return value
}

// HashSet is java.util.HashSet, which dubbo-go writes as a typed list.
type HashSet struct {
	Items []any
}

// Get is what it holds.
func (s *HashSet) Get() []any { return s.Items }

// Set replaces what it holds.
func (s *HashSet) Set(items []any) { s.Items = items }

// JavaClassName is the class in Java.
func (*HashSet) JavaClassName() string { return "java.util.HashSet" }

func init() {
	hessian.SetCollectionSerialize(&HashSet{})
}
