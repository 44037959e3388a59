package lab;

import java.util.Map;

import org.apache.dubbo.common.constants.CommonConstants;
import org.apache.dubbo.common.extension.Activate;
import org.apache.dubbo.rpc.Filter;
import org.apache.dubbo.rpc.Invocation;
import org.apache.dubbo.rpc.Invoker;
import org.apache.dubbo.rpc.Result;
import org.apache.dubbo.rpc.RpcContext;

/**
 * The provider's own record of what ran: a line {@code EXECUTED GROUP/SERVICE:VERSION.METHOD FIRST-ARGUMENT from PORT} for every
 * call, on standard output; the port is the caller's, so it names the connection. The last filter of the chain, behind the one
 * that turns a generic call into the real one.
 */
@Activate(group = CommonConstants.PROVIDER, order = Integer.MAX_VALUE)
public class ExecutionLog implements Filter {
    /** Longer texts are cut: some are megabytes. */
    private static final int TEXT = 200;

    private static final ThreadLocal<Map<String, Object>> ATTACHMENTS = new ThreadLocal<>();

    @Override
    public Result invoke(Invoker<?> invoker, Invocation invocation) {
        Object[] arguments = invocation.getArguments();
        Object first = arguments == null || arguments.length == 0 ? null : arguments[0];
        System.out.println("EXECUTED " + invoker.getUrl().getServiceKey() + "." + invocation.getMethodName() + " " + text(first)
            + " from " + RpcContext.getContext().getRemotePort());
        ATTACHMENTS.set(invocation.getObjectAttachments());
        return invoker.invoke(invocation);
    }

    /** Those of the call that this thread runs. */
    static Map<String, Object> attachments() {
        return ATTACHMENTS.get();
    }

    private static String text(Object argument) {
        if (!(argument instanceof String || argument instanceof Number)) {
            return "-";
        }
        String text = argument.toString();
        return (text.length() > TEXT ? text.substring(0, TEXT) : text).replaceAll("\\R", " ");
    }
}
