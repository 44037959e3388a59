package lab

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Output is the standard output for what the tests read. dubbo-go logs to standard output, too: that goes to standard error.
type Output struct {
	lock sync.Mutex
	file *os.File
}

// TakeOutput keeps the standard output for itself.
func TakeOutput() *Output {
	kept, err := unix.Dup(1)
	if err == nil {
		err = unix.Dup2(2, 1)
	}
	if err != nil {
		panic(err)
	}
	return &Output{file: os.NewFile(uintptr(kept), "output")}
}

// Line prints one line.
func (o *Output) Line(format string, values ...any) {
	o.lock.Lock()
	defer o.lock.Unlock()
	fmt.Fprintf(o.file, format+"\n", values...)
}
