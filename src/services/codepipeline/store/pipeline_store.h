// Pipelines, their executions and actions as records of the ordered store. Nothing of them is kept
// in memory: what is read is what is stored (docs/formats/codepipeline.md).
//
//   p/<name>                           pipeline
//   v/<name> 00 <version>              declaration
//   l/<name> 00 <number>               an execution that has not ended
//   x/<name> 00 <number>               execution
//   a/<name> 00 <number> <action run>  one run of one action in that execution
//   s/<name> 00 <stage>                what was last in a stage
//   i/<execution id>                   <name> 00 <number>
//   t/<name> 00 <token>                <number>: clientRequestToken of a start
//   j/<job id>                         key of the action run
//
// Numbers are 8 bytes, big endian: executions lie in the order in which they began. Names hold no
// zero byte.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "store/store.h"

namespace tandem::codepipeline {

/// One execution of a pipeline.
struct ExecutionKey {
  std::string pipeline;
  std::uint64_t number = 0;
  bool operator==(const ExecutionKey&) const = default;
};

/// Reads, and writes in batches: what belongs together is put into one.
class PipelineStore {
 public:
  explicit PipelineStore(store::Store& store) : store_(store) {}

  /// Throws StoreError.
  void write(store::WriteBatch batch) { store_.write(std::move(batch)); }

  std::optional<json::object> pipeline(std::string_view name) const;
  std::optional<json::object> declaration(std::string_view name, std::int64_t version) const;
  std::optional<json::object> execution(const ExecutionKey& key) const;
  std::optional<ExecutionKey> find_execution(std::string_view id) const;
  std::optional<std::uint64_t> find_start(std::string_view name, std::string_view token) const;
  std::optional<json::object> stage(std::string_view name, std::string_view stage) const;
  /// key as action_key() gives it.
  std::optional<json::object> action(std::string_view key) const;
  std::optional<std::string> find_job(std::string_view id) const;

  std::size_t count_pipelines() const;
  void each_pipeline(std::string_view after,
                     const std::function<bool(std::string name, json::object)>& visit) const;
  std::vector<std::uint64_t> live(std::string_view name) const;
  enum class Order { kOldestFirst, kNewestFirst };
  void each_execution(std::string_view name, Order order,
                      const std::function<bool(std::uint64_t number, json::object)>& visit) const;
  /// Newest first. number: of one execution only.
  void each_action(std::string_view name, std::optional<std::uint64_t> number,
                   const std::function<bool(std::string_view key, json::object)>& visit) const;

  static std::string action_key(const ExecutionKey& execution, std::uint64_t run);
  static void put_pipeline(store::WriteBatch& batch, std::string_view name,
                           const json::object& document);
  static void put_declaration(store::WriteBatch& batch, std::string_view name, std::int64_t version,
                              const json::object& document);
  /// Versions below that.
  static void erase_declarations(store::WriteBatch& batch, std::string_view name,
                                 std::int64_t below);
  /// By its status it is among those that have not ended, or not.
  static void put_execution(store::WriteBatch& batch, const ExecutionKey& key,
                            const json::object& document);
  static void put_start(store::WriteBatch& batch, const ExecutionKey& key, std::string_view token);
  static void put_stage(store::WriteBatch& batch, std::string_view name, std::string_view stage,
                        const json::object& document);
  static void put_action(store::WriteBatch& batch, std::string_view key,
                         const json::object& document);
  static void put_job(store::WriteBatch& batch, std::string_view id, std::string_view action_key);
  static void erase_job(store::WriteBatch& batch, std::string_view id);

  /// With its actions and whatever leads to it.
  void erase_execution(store::WriteBatch& batch, const ExecutionKey& key,
                       const json::object& document) const;
  /// With everything that it has.
  void erase_pipeline(store::WriteBatch& batch, std::string_view name) const;

 private:
  store::Store& store_;
};

/// InProgress or Stopping.
bool is_live(const json::object& execution);

}  // namespace tandem::codepipeline
