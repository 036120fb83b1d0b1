package dev.understudy.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Conversations in which a user asks for a train, the system offers one, and the user thanks. */
final class TrainConversations {
    private static final List<String> CITIES = List.of("Rome", "Oslo", "Lima", "Bern", "Riga", "Cork", "Baku");

    private TrainConversations() {}

    /** Writes so many of them, with the acts of their turns, in the layout {@code schema-guided}. */
    static Path write(Path folder, int count) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String city = CITIES.get(i % CITIES.size());
            lines.add("""
                {"dialogue_id":"train/%d","services":["Trains_1"],"turns":[\
                {"speaker":"user","text":"I want to go to %s.","acts":[["Trains_1","INFORM","city","%s"]]},\
                {"speaker":"system","text":"Train %d goes to %s.","acts":[["Trains_1","OFFER","city","%s"],["Trains_1","OFFER","number","%d"]]},\
                {"speaker":"user","text":"Thank you!","acts":[["Trains_1","THANK_YOU",""]]},\
                {"speaker":"system","text":"Have a good trip.","acts":[["Trains_1","GOODBYE",""]]}]}\
                """.formatted(i, city, city, i, city, city, i));
        }
        return Files.write(folder.resolve("conversations.jsonl"), lines);
    }
}
