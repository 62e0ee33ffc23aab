#include "store/documents.h"

#include "core/utf8.h"
#include "store/store_failure.h"

namespace tandem::store {

namespace {

json::object parse(std::string_view key, std::string_view text) {
  auto parsed = json::parse_text(text, 128);
  if (!parsed || !parsed.value().is_object()) {
    throw StoreFailure(StoreFailure::Kind::kCorrupt,
                       "the record " + std::string(key) + " is no JSON document");
  }
  return std::move(std::move(parsed).value().as_object());
}

/// INVARIANT(what-is-written-reads): reading takes UTF-8 alone, and a text that came from elsewhere
/// (a tool's output, a commit's message) may be anything.
std::string text_of(const json::object& document) { return core::to_utf8(json::to_text(document)); }

}  // namespace

Documents::Documents(Store& store, std::string_view collection)
    : store_(store), prefix_(std::string(collection) + '/') {}

std::optional<json::object> Documents::get(std::string_view id) const {
  const auto text = store_.get(key(id));
  if (!text) return std::nullopt;
  return parse(key(id), *text);
}

void Documents::put(std::string_view id, const json::object& document) {
  store_.put(key(id), text_of(document));
}

void Documents::erase(std::string_view id) { store_.erase(key(id)); }

std::vector<std::pair<std::string, json::object>> Documents::list(std::string_view prefix,
                                                                  std::string_view after,
                                                                  std::size_t limit) const {
  std::vector<std::pair<std::string, json::object>> found;
  const std::string begin = key(prefix);
  const auto cursor = store_.cursor(begin, prefix_end(begin));
  cursor->seek(after.empty() ? begin : std::max(begin, key(after) + '\0'));
  for (; cursor->valid() && found.size() < limit; cursor->next()) {
    found.emplace_back(std::string(cursor->key().substr(prefix_.size())),
                       parse(cursor->key(), cursor->value()));
  }
  return found;
}

void Documents::put(WriteBatch& batch, std::string_view id, const json::object& document) const {
  batch.put(key(id), text_of(document));
}

void Documents::erase(WriteBatch& batch, std::string_view id) const { batch.erase(key(id)); }

}  // namespace tandem::store
