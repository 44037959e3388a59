package lab

import (
	"fmt"
	"hash/crc32"
	"reflect"
	"time"
)

// Plain is a value as JSON can show it: a byte slice by its length and checksum as the Java consumer shows it, a struct with its type.
// Values that are not equal are shown as not equal, as far as tests need it. A value that holds itself ends in "...".
func Plain(value any) any {
	return show(value, 0)
}

// deepest is far beyond what tests send without a cycle.
const deepest = 10

func show(value any, depth int) any {
	if depth > deepest {
		return "..."
	}
	switch value := value.(type) {
	case nil:
		return nil
	case []byte:
		return map[string]any{"bytes": len(value), "crc32": crc32.ChecksumIEEE(value)}
	case time.Time:
		return value.UTC().Format(time.RFC3339Nano)
	case fmt.Stringer:
		if reflected := reflect.ValueOf(value); reflected.Kind() == reflect.Pointer && reflected.IsNil() {
			return nil
		}
		return fmt.Sprintf("%T %s", value, value)
	}
	return parts(reflect.ValueOf(value), depth+1)
}

func parts(value reflect.Value, depth int) any {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if value.IsNil() {
			return nil
		}
		return show(value.Elem().Interface(), depth)
	case reflect.Slice, reflect.Array:
		items := make([]any, value.Len())
		for i := range items {
			items[i] = show(value.Index(i).Interface(), depth)
		}
		return items
	case reflect.Map:
		entries := map[string]any{}
		for _, key := range value.MapKeys() {
			entries[fmt.Sprint(key.Interface())] = show(value.MapIndex(key).Interface(), depth)
		}
		return entries
	case reflect.Struct:
		fields := map[string]any{"": value.Type().String()}
		for i := range value.NumField() {
			if field := value.Type().Field(i); field.IsExported() {
				fields[field.Name] = show(value.Field(i).Interface(), depth)
			}
		}
		return fields
	default:
		return value.Interface()
	}
}
