#include "services/codepipeline/store/pipeline_store.h"

#include <memory>

#include "core/utf8.h"

namespace tandem::codepipeline {
namespace {

std::string big_endian(std::uint64_t number) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[7 - i] = static_cast<char>((number >> (8 * i)) & 0xff);
  }
  return bytes;
}

/// 0 of what is too short.
std::uint64_t number_at_end(std::string_view bytes) {
  if (bytes.size() < 8) return 0;
  std::uint64_t number = 0;
  for (const char one : bytes.substr(bytes.size() - 8)) {
    number = number << 8 | static_cast<unsigned char>(one);
  }
  return number;
}

std::string key_of(char kind, std::string_view name) {
  std::string key{kind, '/'};
  key += name;
  return key;
}

std::string key_under(char kind, std::string_view name, std::string_view rest = "") {
  std::string key = key_of(kind, name);
  key += '\0';
  key += rest;
  return key;
}

std::string execution_key(char kind, const ExecutionKey& key) {
  return key_under(kind, key.pipeline, big_endian(key.number));
}

/// A damaged record is none.
std::optional<json::object> document_of(std::string_view text) {
  auto parsed = json::parse_text(text);
  if (!parsed || !parsed.value().is_object()) return std::nullopt;
  return std::move(std::move(parsed).value().get_object());
}

std::optional<json::object> read(const store::Store& store, std::string_view key) {
  const auto text = store.get(key);
  return text ? document_of(*text) : std::nullopt;
}

void put(store::WriteBatch& batch, std::string_view key, const json::object& document) {
  batch.put(key, core::to_utf8(json::to_text(document)));
}

void erase_under(store::WriteBatch& batch, const std::string& prefix) {
  batch.erase_range(prefix, store::prefix_end(prefix));
}

}  // namespace

bool is_live(const json::object& execution) {
  const std::string status = json::string_or(execution, "status");
  return status == "InProgress" || status == "Stopping";
}

std::optional<json::object> PipelineStore::pipeline(std::string_view name) const {
  return read(store_, key_of('p', name));
}

std::optional<json::object> PipelineStore::declaration(std::string_view name,
                                                       std::int64_t version) const {
  return read(store_, key_under('v', name, big_endian(static_cast<std::uint64_t>(version))));
}

std::optional<json::object> PipelineStore::execution(const ExecutionKey& key) const {
  return read(store_, execution_key('x', key));
}

std::optional<ExecutionKey> PipelineStore::find_execution(std::string_view id) const {
  const auto value = store_.get(key_of('i', id));
  if (!value || value->size() < 9) return std::nullopt;
  return ExecutionKey{value->substr(0, value->size() - 9), number_at_end(*value)};
}

std::optional<std::uint64_t> PipelineStore::find_start(std::string_view name,
                                                       std::string_view token) const {
  const auto value = store_.get(key_under('t', name, token));
  if (!value) return std::nullopt;
  return number_at_end(*value);
}

std::optional<json::object> PipelineStore::stage(std::string_view name,
                                                 std::string_view stage) const {
  return read(store_, key_under('s', name, stage));
}

std::optional<json::object> PipelineStore::action(std::string_view key) const {
  return read(store_, key);
}

std::optional<std::string> PipelineStore::find_job(std::string_view id) const {
  return store_.get(key_of('j', id));
}

std::size_t PipelineStore::count_pipelines() const {
  std::size_t count = 0;
  store::for_each(store_, "p/", [&](std::string_view, std::string_view) {
    ++count;
    return true;
  });
  return count;
}

void PipelineStore::each_pipeline(
    std::string_view after,
    const std::function<bool(std::string name, json::object)>& visit) const {
  const auto cursor = store_.cursor("p/", store::prefix_end("p/"));
  for (cursor->seek(key_of('p', after)); cursor->valid(); cursor->next()) {
    std::string name(cursor->key().substr(2));
    if (!after.empty() && name == after) continue;
    auto document = document_of(cursor->value());
    if (document && !visit(std::move(name), std::move(*document))) return;
  }
}

std::vector<std::uint64_t> PipelineStore::live(std::string_view name) const {
  std::vector<std::uint64_t> numbers;
  store::for_each(store_, key_under('l', name), [&](std::string_view key, std::string_view) {
    numbers.push_back(number_at_end(key));
    return true;
  });
  return numbers;
}

void PipelineStore::each_execution(
    std::string_view name, Order order,
    const std::function<bool(std::uint64_t number, json::object)>& visit) const {
  const std::string begin = key_under('x', name);
  const std::string end = store::prefix_end(begin);
  const auto cursor = store_.cursor(begin, end);
  const bool forward = order == Order::kOldestFirst;
  forward ? cursor->seek(begin) : cursor->seek_backward(end);
  while (cursor->valid()) {
    auto document = document_of(cursor->value());
    if (document && !visit(number_at_end(cursor->key()), std::move(*document))) return;
    forward ? cursor->next() : cursor->previous();
  }
}

void PipelineStore::each_action(
    std::string_view name, std::optional<std::uint64_t> number,
    const std::function<bool(std::string_view key, json::object)>& visit) const {
  const std::string begin = key_under('a', name, number ? big_endian(*number) : std::string());
  const std::string end = store::prefix_end(begin);
  const auto cursor = store_.cursor(begin, end);
  for (cursor->seek_backward(end); cursor->valid(); cursor->previous()) {
    auto document = document_of(cursor->value());
    if (document && !visit(cursor->key(), std::move(*document))) return;
  }
}

std::string PipelineStore::action_key(const ExecutionKey& execution, std::uint64_t run) {
  return execution_key('a', execution) + big_endian(run);
}

void PipelineStore::put_pipeline(store::WriteBatch& batch, std::string_view name,
                                 const json::object& document) {
  put(batch, key_of('p', name), document);
}

void PipelineStore::put_declaration(store::WriteBatch& batch, std::string_view name,
                                    std::int64_t version, const json::object& document) {
  put(batch, key_under('v', name, big_endian(static_cast<std::uint64_t>(version))), document);
}

void PipelineStore::erase_declarations(store::WriteBatch& batch, std::string_view name,
                                       std::int64_t below) {
  if (below <= 1) return;
  batch.erase_range(key_under('v', name),
                    key_under('v', name, big_endian(static_cast<std::uint64_t>(below))));
}

void PipelineStore::put_execution(store::WriteBatch& batch, const ExecutionKey& key,
                                  const json::object& document) {
  put(batch, execution_key('x', key), document);
  const std::string live_key = execution_key('l', key);
  is_live(document) ? batch.put(live_key, "") : batch.erase(live_key);
  std::string place = key.pipeline;
  place += '\0';
  batch.put(key_of('i', json::string_or(document, "id")), place + big_endian(key.number));
}

void PipelineStore::put_start(store::WriteBatch& batch, const ExecutionKey& key,
                              std::string_view token) {
  batch.put(key_under('t', key.pipeline, token), big_endian(key.number));
}

void PipelineStore::put_stage(store::WriteBatch& batch, std::string_view name,
                              std::string_view stage, const json::object& document) {
  put(batch, key_under('s', name, stage), document);
}

void PipelineStore::put_action(store::WriteBatch& batch, std::string_view key,
                               const json::object& document) {
  put(batch, key, document);
}

void PipelineStore::put_job(store::WriteBatch& batch, std::string_view id,
                            std::string_view action_key) {
  batch.put(key_of('j', id), action_key);
}

void PipelineStore::erase_job(store::WriteBatch& batch, std::string_view id) {
  batch.erase(key_of('j', id));
}

void PipelineStore::erase_execution(store::WriteBatch& batch, const ExecutionKey& key,
                                    const json::object& document) const {
  each_action(key.pipeline, key.number, [&](std::string_view, const json::object& action) {
    if (const auto job = json::find_string(action, "job")) erase_job(batch, *job);
    return true;
  });
  batch.erase(execution_key('x', key));
  batch.erase(execution_key('l', key));
  batch.erase(key_of('i', json::string_or(document, "id")));
  erase_under(batch, execution_key('a', key));
  if (const auto token = json::find_string(document, "token")) {
    batch.erase(key_under('t', key.pipeline, *token));
  }
}

void PipelineStore::erase_pipeline(store::WriteBatch& batch, std::string_view name) const {
  each_execution(name, Order::kOldestFirst, [&](std::uint64_t number, const json::object& one) {
    erase_execution(batch, {std::string(name), number}, one);
    return true;
  });
  batch.erase(key_of('p', name));
  for (const char kind : {'v', 'l', 'x', 'a', 's', 't'}) erase_under(batch, key_under(kind, name));
}

}  // namespace tandem::codepipeline
