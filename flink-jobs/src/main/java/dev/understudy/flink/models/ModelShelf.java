package dev.understudy.flink.models;

import dev.understudy.data.Texts;
import dev.understudy.flink.serialization.Binary;
import dev.understudy.flink.serialization.Codec;
import dev.understudy.schemas.ArtifactAssembly;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Precedence;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.UndecodableException;
import java.io.IOException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest model files of one policy, put together from their pieces. Kept as keyed state. It holds a few whole files
 * and the pieces of a few more; what is in force, and the best model ever promoted, are held however old they are.
 */
public final class ModelShelf {
    /** How it is written. */
    public static final Codec<ModelShelf> CODEC = new Form();

    private static final Logger LOG = LoggerFactory.getLogger(ModelShelf.class);

    public static final int FILES = 16;

    /** Enough for four files of the largest size. */
    static final int PIECES = 4 * 33;

    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final Map<ArtifactKey, ArtifactChunk> pieces = new LinkedHashMap<>();
    private Precedence precedence = Precedence.NONE;
    private String inForce = "";
    private String best = "";

    /** Takes a piece of a file. Pieces that do not add up are dropped, with a line in the log. */
    public void offer(ModelEvent.Piece piece) {
        ArtifactKey key = piece.key();
        if (files.containsKey(key.sha256())) {
            return;
        }
        pieces.put(key, piece.chunk());
        shorten(pieces, PIECES, Set.of());
        try {
            ArtifactAssembly.assemble(key.policy(), key.sha256(), pieces::get).ifPresent(whole -> {
                forgetPieces(key.sha256());
                put(key.sha256(), whole.bytes());
            });
        } catch (UndecodableException e) {
            forgetPieces(key.sha256());
            LOG.warn("dropped the pieces of a model file: {}", e.getMessage());
        }
    }

    private void forgetPieces(String sha256) {
        pieces.keySet().removeIf(piece -> piece.sha256().equals(sha256));
    }

    private static <K, V> void shorten(Map<K, V> map, int most, Set<K> kept) {
        for (Iterator<K> oldest = map.keySet().iterator(); map.size() > most && oldest.hasNext(); ) {
            if (!kept.contains(oldest.next())) {
                oldest.remove();
            }
        }
    }

    /** Says that a promotion was made; its file is in force unless that of another one takes {@link Precedence}. */
    public void promoted(Promotion promotion) {
        if (precedence.givesWayTo(promotion)) {
            precedence = Precedence.of(promotion);
            inForce = promotion.sha256();
        }
    }

    /** Says which file is that of the best model ever promoted. */
    public void keepBest(String sha256) {
        best = sha256;
    }

    /** Takes a whole file, and drops the oldest one that is not to be kept if there are too many. */
    public void put(String sha256, byte[] file) {
        files.put(sha256, file);
        shorten(files, FILES, new HashSet<>(List.of(inForce, best)));
    }

    /** Returns a whole file, null if it is not here. */
    public byte @Nullable [] file(String sha256) {
        return files.get(sha256);
    }

    /** Returns the hash of the file in force, empty if nothing is. */
    public String inForce() {
        return inForce;
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<ModelShelf> {
        private static final long serialVersionUID = 1L;
        private static final int PRECEDENCE_SINCE = 3;

        @Override
        public Class<ModelShelf> type() {
            return ModelShelf.class;
        }

        @Override
        public int version() {
            return PRECEDENCE_SINCE;
        }

        @Override
        public boolean immutable() {
            return false;
        }

        @Override
        public void write(ModelShelf shelf, DataOutputView out) throws IOException {
            Texts.write(shelf.inForce, out);
            Texts.write(shelf.best, out);
            out.writeInt(shelf.files.size());
            for (Map.Entry<String, byte[]> file : shelf.files.entrySet()) {
                Texts.write(file.getKey(), out);
                Codec.writeBytes(file.getValue(), out);
            }
            out.writeInt(shelf.pieces.size());
            for (Map.Entry<ArtifactKey, ArtifactChunk> piece : shelf.pieces.entrySet()) {
                Binary.writeArtifactKey(piece.getKey(), out);
                Codec.writeBytes(piece.getValue().bytes(), out);
            }
            Binary.writePrecedence(shelf.precedence, out);
        }

        @Override
        public ModelShelf read(int version, DataInputView in) throws IOException {
            ModelShelf shelf = new ModelShelf();
            shelf.inForce = Texts.read(in);
            shelf.best = version < 2 ? "" : Texts.read(in);
            for (int left = in.readInt(); left > 0; left--) {
                shelf.files.put(Texts.read(in), Codec.readBytes(in));
            }
            for (int left = in.readInt(); left > 0; left--) {
                shelf.pieces.put(Binary.readArtifactKey(in), new ArtifactChunk(Codec.readBytes(in)));
            }
            shelf.precedence = version < PRECEDENCE_SINCE ? Precedence.NONE : Binary.readPrecedence(in);
            return shelf;
        }
    }
}
