package dev.understudy.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.understudy", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String[] LEARNING = {
        "dev.understudy.graph..",
        "dev.understudy.data..",
        "dev.understudy.network..",
        "dev.understudy.policy..",
        "dev.understudy.environment..",
        "dev.understudy.reward..",
        "dev.understudy.domain..",
        "dev.understudy.driving..",
        "dev.understudy.catalogue..",
        "dev.understudy.control..",
        "dev.understudy.learn..",
        "dev.understudy.evaluate..",
        "dev.understudy.model.."
    };

    @ArchTest
    static final ArchRule learningKnowsNoKafkaFlinkAvroOrJson = noClasses()
            .that()
            .resideInAnyPackage(LEARNING)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.apache.kafka..", "org.apache.flink..", "org.apache.avro..", "com.fasterxml.jackson..");

    @ArchTest
    static final ArchRule learningKnowsNoOtherModule = noClasses()
            .that()
            .resideInAnyPackage(LEARNING)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.understudy.schemas..",
                    "dev.understudy.ingest..",
                    "dev.understudy.flink..",
                    "dev.understudy.streams..",
                    "dev.understudy.app..");

    @ArchTest
    static final ArchRule schemasKnowsNoProgram = noClasses()
            .that()
            .resideInAPackage("dev.understudy.schemas..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.apache.flink..",
                    "org.apache.kafka.streams..",
                    "dev.understudy.ingest..",
                    "dev.understudy.flink..",
                    "dev.understudy.streams..",
                    "dev.understudy.app..");

    @ArchTest
    static final ArchRule ingestKnowsNeitherFlinkNorStreams = noClasses()
            .that()
            .resideInAPackage("dev.understudy.ingest..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.apache.flink..",
                    "org.apache.kafka.streams..",
                    "dev.understudy.flink..",
                    "dev.understudy.streams..",
                    "dev.understudy.app..");

    @ArchTest
    static final ArchRule theJobsDoNotKnowServing = noClasses()
            .that()
            .resideInAPackage("dev.understudy.flink..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.apache.kafka.streams..",
                    "dev.understudy.streams..",
                    "dev.understudy.ingest..",
                    "dev.understudy.app..");

    @ArchTest
    static final ArchRule servingDoesNotKnowTheJobs = noClasses()
            .that()
            .resideInAPackage("dev.understudy.streams..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.apache.flink..", "dev.understudy.flink..", "dev.understudy.ingest..", "dev.understudy.app..");

    @ArchTest
    static final ArchRule thePipelineKnowsNoDomain = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.understudy.flink..",
                    "dev.understudy.streams..",
                    "dev.understudy.domain..",
                    "dev.understudy.learn..",
                    "dev.understudy.evaluate..",
                    "dev.understudy.model..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.understudy.driving..", "dev.understudy.control..", "dev.understudy.catalogue..");

    @ArchTest
    static final ArchRule onlySchemasSeesAvro = noClasses()
            .that()
            .resideOutsideOfPackage("dev.understudy.schemas..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.avro..");

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles =
            slices().matching("dev.understudy.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule packagesOfTheJobsAreFreeOfCycles =
            slices().matching("dev.understudy.flink.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule packagesOfTheCommandsAreFreeOfCycles =
            slices().matching("dev.understudy.app.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule learnersKnowNoClockAndNoLogger = noClasses()
            .that()
            .resideInAnyPackage("dev.understudy.learn..", "dev.understudy.network..", "dev.understudy.policy..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.time.Clock")
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("org.slf4j..");

    @ArchTest
    static final ArchRule nothingSleeps =
            noClasses().that().resideInAnyPackage(LEARNING).should().callMethod(Thread.class, "sleep", long.class);
}
