/**
 * Control: tasks whose observation is a row of numbers and whose action is a choice or a few numbers. Any Gymnasium
 * environment, any robot and any table of measurements fits without additional code.
 *
 * <pre>
 * ControlTask: what is observed and what can be done
 *   log, live input -&gt; ControlStep -&gt; StepCheck -&gt; ControlFeaturiser -&gt; observation (a few newest rows)
 *                            \-----&gt; LoggedAction                 -&gt; the expert's action
 *                       policy's action -&gt; ActionEnvelope         -&gt; what is done
 * </pre>
 */
@NullMarked
package dev.understudy.control;

import org.jspecify.annotations.NullMarked;
