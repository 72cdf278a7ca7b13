package io.tally.ops.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A class of conformance tests. A parameter of type {@link TestBroker} is the one broker that all of them share; with
 * {@link Config} it is one that is configured otherwise. How each test ended goes into the table.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ConformanceRun.class)
@interface Conformance {}
