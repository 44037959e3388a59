package lab;

/** What a consumer hands to {@link TypesService#subscribe}: the provider calls it on the connection that the consumer opened. */
public interface Listener {
    /** Tells the consumer something; the answer goes back to the provider. */
    Object changed(String topic, User user);
}
