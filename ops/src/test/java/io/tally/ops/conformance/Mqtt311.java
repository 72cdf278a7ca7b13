package io.tally.ops.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The statements of MQTT 3.1.1 that a test shows, by their ids: {@code MQTT-3.3.1-7}. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface Mqtt311 {
    String[] value();
}
