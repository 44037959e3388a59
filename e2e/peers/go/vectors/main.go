// The writer of testdata/hessian/dubbo-go.txt and testdata/dubbo/dubbo-go.txt: vectors FOLDER, where FOLDER is testdata. A line is
// "name: bytes" in hexadecimal; "AB*N" stands for N times the group AB. It writes the same bytes each time.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	hessian "github.com/apache/dubbo-go-hessian2"

	"lab/peers/lab"
)

func main() {
	lab.TakeOutput()
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder string) error {
	values, err := values()
	if err != nil {
		return err
	}
	frames, err := frames()
	if err != nil {
		return err
	}
	for file, lines := range map[string][]string{"hessian/dubbo-go.txt": values, "dubbo/dubbo-go.txt": frames} {
		text := strings.Join(lines, "\n") + "\n"
		if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// values is each of lab.Values as dubbo-go-hessian2 writes it, a stream of its own.
func values() ([]string, error) {
	var lines []string
	for _, named := range lab.Values() {
		if named.Name == "enums" {
			// It has no name for a list of them.
			continue
		}
		bytes, err := smallest(func() ([]byte, error) {
			value, err := lab.Value(named.Name)
			if err != nil {
				return nil, err
			}
			encoder := hessian.NewEncoder()
			err = encoder.Encode(value)
			return encoder.Buffer(), err
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", named.Name, err)
		}
		lines = append(lines, named.Name+": "+compact(bytes))
	}
	return lines, nil
}

// smallest is the first of what a writer writes, in order: Go's maps are written in another order each time.
func smallest(write func() ([]byte, error)) ([]byte, error) {
	var least []byte
	for range 300 {
		written, err := write()
		if err != nil {
			return nil, err
		}
		if least == nil || bytes.Compare(written, least) < 0 {
			least = bytes.Clone(written)
		}
	}
	return least, nil
}

// compact writes bytes in hexadecimal, a long repetition as "AB*N".
func compact(bytes []byte) string {
	var groups []string
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			groups = append(groups, plain.String())
			plain.Reset()
		}
	}
	for len(bytes) > 0 {
		period, times := repetition(bytes)
		if times == 0 {
			fmt.Fprintf(&plain, "%02x", bytes[0])
			bytes = bytes[1:]
			continue
		}
		flush()
		groups = append(groups, fmt.Sprintf("%x*%d", bytes[:period], times))
		bytes = bytes[period*times:]
	}
	flush()
	return strings.Join(groups, " ")
}

// repetition is the shortest group that the bytes begin with at least 16 times over, and how often; 0 times when there is none.
func repetition(all []byte) (period, times int) {
	const longest, least = 6, 16
	for period := 1; period <= longest && period*least <= len(all); period++ {
		times := 1
		for (times+1)*period <= len(all) && bytes.Equal(all[:period], all[times*period:(times+1)*period]) {
			times++
		}
		if times >= least {
			return period, times
		}
	}
	return 0, 0
}
