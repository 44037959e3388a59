package lab

import "github.com/apache/dubbo-go-hessian2/java_exception"

// BusinessException is lab.BusinessException: an exception of the service's own, with a field of its own.
type BusinessException struct {
	Code                 int32
	DetailMessage        string
	SuppressedExceptions []java_exception.Throwabler
	StackTrace           []java_exception.StackTraceElement
	Cause                java_exception.Throwabler
}

// NewBusinessException is one without a stack trace.
func NewBusinessException(code int32, message string) *BusinessException {
	return &BusinessException{
		Code:                 code,
		DetailMessage:        message,
		SuppressedExceptions: []java_exception.Throwabler{},
		StackTrace:           []java_exception.StackTraceElement{},
	}
}

// Error is the message.
func (e BusinessException) Error() string { return e.DetailMessage }

// JavaClassName is the class of the Java peers.
func (BusinessException) JavaClassName() string { return "lab.BusinessException" }

// GetStackTrace makes it a Throwable.
func (e BusinessException) GetStackTrace() []java_exception.StackTraceElement { return e.StackTrace }
