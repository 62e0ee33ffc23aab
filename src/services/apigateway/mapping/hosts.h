// The objects a template comes upon while it runs.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/apigateway/mapping/engine.h"

namespace tandem::apigateway::mapping {

/// $foreach.
class ForeachHost : public Host {
 public:
  explicit ForeachHost(Value parent) : parent_(std::move(parent)) {}
  Value property(Engine& engine, std::string_view name) override;
  std::optional<Value> call(Engine& engine, std::string_view name,
                            const std::vector<Value>& arguments) override;

  std::size_t index = 0;
  bool has_next = false;

 private:
  Value parent_;
};

/// What #define makes, and $bodyContent: text that is rendered each time it is printed.
class BlockHost : public Host {
 public:
  BlockHost(std::shared_ptr<const Block> block, Frame* frame)
      : block_(std::move(block)), frame_(frame) {}
  std::string print(Engine& engine) override;

 private:
  std::shared_ptr<const Block> block_;
  Frame* frame_;
  int depth_ = 0;
};

/// An entry of a map.
class EntryHost : public Host {
 public:
  EntryHost(Map* map, std::string key) : map_(map), key_(std::move(key)) {}
  std::string print(Engine& engine) override;
  Value property(Engine& engine, std::string_view name) override;
  std::optional<Value> call(Engine& engine, std::string_view name,
                            const std::vector<Value>& arguments) override;

 private:
  Map* map_;
  std::string key_;
};

class IteratorHost : public Host {
 public:
  explicit IteratorHost(std::vector<Value> items) : items_(std::move(items)) {}
  std::optional<Value> call(Engine& engine, std::string_view name,
                            const std::vector<Value>& arguments) override;
  std::vector<Value> take_rest(Engine& engine);

 private:
  std::vector<Value> items_;
  std::size_t next_ = 0;
};

/// What getClass() gives: a name and nothing else. Reflection does not lead out of a template.
class ClassHost : public Host {
 public:
  explicit ClassHost(const char* name) : name_(name == nullptr ? "java.lang.Object" : name) {}
  std::string print(Engine&) override { return "class " + name_; }
  Value property(Engine& engine, std::string_view name) override;
  std::optional<Value> call(Engine& engine, std::string_view name,
                            const std::vector<Value>& arguments) override;

 private:
  std::string name_;
};

}  // namespace tandem::apigateway::mapping
