package lab;

import org.apache.dubbo.common.constants.CommonConstants;
import org.apache.dubbo.common.extension.Activate;
import org.apache.dubbo.rpc.Filter;
import org.apache.dubbo.rpc.Invocation;
import org.apache.dubbo.rpc.Invoker;
import org.apache.dubbo.rpc.Result;

/** Counts how often the consumer's cluster, which retries, tried the call that this thread makes. */
@Activate(group = CommonConstants.CONSUMER, order = Integer.MAX_VALUE)
public class AttemptCounter implements Filter {
    private static final ThreadLocal<Integer> ATTEMPTS = ThreadLocal.withInitial(() -> 0);

    @Override
    public Result invoke(Invoker<?> invoker, Invocation invocation) {
        ATTEMPTS.set(ATTEMPTS.get() + 1);
        return invoker.invoke(invocation);
    }

    /** Attempts of this thread since the last call of this method. */
    static int take() {
        int attempts = ATTEMPTS.get();
        ATTEMPTS.set(0);
        return attempts;
    }
}
