// A stack's definition with everything that needs no resource decided: parsed template, parameters,
// conditions, dependencies.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "services/cloudformation/engine/records.h"
#include "services/cloudformation/model/evaluate.h"
#include "services/cloudformation/model/references.h"

namespace tandem::cloudformation {

class Resolution {
 public:
  /// Throws ValidationError when the definition does not hold together.
  Resolution(const Definition& definition, PseudoParameters pseudo, const TypeCatalog& types);
  Resolution(const Resolution&) = delete;
  Resolution& operator=(const Resolution&) = delete;

  const Template& source() const { return template_; }
  const Scope& scope() const { return scope_; }
  /// The scope in which NoEcho parameters are "****".
  const Scope& masked_scope() const { return masked_; }
  const Dependencies& dependencies() const { return dependencies_; }
  bool includes(std::string_view logical_id) const { return dependencies_.contains(logical_id); }
  bool includes(const OutputDeclaration& output) const;

 private:
  Template template_;
  Scope scope_;
  Scope masked_;
  Dependencies dependencies_;
};

/// An export of any stack: value and exporter.
struct Export {
  std::string value;
  std::string stack_id;
  std::string stack_name;
};
using FindExport = std::function<std::optional<Export>(std::string_view name)>;

/// Resolves references from a stack's records. Ids in unknown (planning) give kUnknown, as do
/// resources that do not exist when unknown is given at all, and attributes of ids in changing.
class RecordResolver final : public Resolver {
 public:
  RecordResolver(const StackRecord& stack, FindExport find_export,
                 const std::set<std::string>* unknown = nullptr,
                 const std::set<std::string>* changing = nullptr)
      : stack_(stack),
        find_export_(std::move(find_export)),
        unknown_(unknown),
        changing_(changing) {}

  json::value ref(std::string_view logical_id) override;
  json::value attribute(std::string_view logical_id, std::string_view attribute) override;
  json::value import_value(std::string_view export_name) override;

  /// From here on attributes that must not be shown are masked.
  void mask_secrets() { masked_ = true; }
  const std::set<std::string>& imported() const { return imported_; }

 private:
  const ResourceRecord* find(std::string_view logical_id) const;

  const StackRecord& stack_;
  FindExport find_export_;
  const std::set<std::string>* unknown_;
  const std::set<std::string>* changing_;
  std::set<std::string> imported_;
  bool masked_ = false;
};

/// Evaluates everything once with unknown resources: mapping, index and import errors come out
/// before anything is made. Returns the exports it imports.
std::set<std::string> rehearse(const Resolution& resolution, const StackRecord& stack,
                               const FindExport& find_export);
/// The outputs' values.
std::vector<OutputRecord> evaluate_outputs(const Resolution& resolution, Resolver& resolver);

/// "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM" or nothing.
std::string required_capability(const Template& source);
/// Throws InsufficientCapabilitiesException.
void check_capabilities(const Template& source, const std::vector<std::string>& given);

}  // namespace tandem::cloudformation
