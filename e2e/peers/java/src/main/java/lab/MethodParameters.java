package lab;

import java.util.Map;

import org.apache.dubbo.common.URL;
import org.apache.dubbo.rpc.cluster.support.merger.DefaultProviderURLMergeProcessor;

/**
 * Reads the URL of a reference anew: Dubbo 3.3.6 forgets which options are a method's when there is no registry, and then knows no
 * argument that is called back.
 */
public class MethodParameters extends DefaultProviderURLMergeProcessor {
    @Override
    public URL mergeUrl(URL provider, Map<String, String> options) {
        return URL.valueOf(super.mergeUrl(provider, options).toFullString());
    }
}
