// Every row against the data that it speaks of: AWS's schema of its type and its service's API
// model. A word with a typing error fails here, not when a stack is deployed.
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/model.h"
#include "core/text.h"
#include "services/cloudformation/resources/expression.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

using testing::IsSubsetOf;

std::optional<aws::model::Operation> operation(const Row& row, std::string_view name) {
  const auto service = aws::model::find_service(row.service);
  return service ? service->operation(name) : std::nullopt;
}

// The parameters that the words of a request set; "*" sets those of a property.
void expect_parameters(const Row& row, std::string_view name, std::string_view request) {
  const auto found = operation(row, name);
  ASSERT_TRUE(found) << row.type << ' ' << name;
  for (const std::string_view word : words_of(request)) {
    const std::size_t equals = word.find('=');
    std::string target =
        equals == std::string_view::npos ? spelled(word, row) : std::string(word.substr(0, equals));
    target = target.substr(0, target.find_first_of("/["));
    if (target == "*") continue;
    EXPECT_TRUE(found->input()->member(target)) << row.type << ' ' << name << ' ' << target;
  }
}

TEST(Rows, SpeakOfOperationsAndParametersThatTheirServiceHas) {
  for (const Row* row : all_rows()) {
    SCOPED_TRACE(row->type);
    if (!row->create.empty()) expect_parameters(*row, row->create, row->request);
    if (!row->read.empty()) {
      expect_parameters(*row, row->read,
                        row->read_request.empty() ? row->address : row->read_request);
    }
    if (!row->remove.empty()) expect_parameters(*row, row->remove, row->address);
    if (!row->patch.empty()) {
      expect_parameters(*row, row->patch, std::string(row->address) + " patchOperations={id}");
    }
    if (!row->listing.empty()) expect_parameters(*row, row->listing, row->listing_request);
    for (const Part& part : row->parts) {
      if (!part.put.empty()) expect_parameters(*row, part.put, part.request);
      if (!part.drop.empty()) expect_parameters(*row, part.drop, part.drop_request);
    }
    const TagStyle& tags = row->tags;
    if (!tags.create.empty()) {
      expect_parameters(*row, row->create, std::string(tags.create) + "={id}");
    }
    if (!tags.tag.empty()) {
      expect_parameters(*row, tags.tag,
                        std::string(tags.target) + ' ' + std::string(tags.set) + "={id}");
      expect_parameters(*row, tags.untag,
                        std::string(tags.target) + ' ' + std::string(tags.unset) + "={id}");
    }
  }
}

bool leads_somewhere(std::optional<aws::model::Shape> shape, std::string_view path) {
  while (shape && !path.empty()) {
    const std::size_t bracket = path.find('[');
    const std::size_t end = std::min(path.find('.', path.find(']') + 1), path.size());
    const bool item = bracket < end;
    const auto member = shape->member(path.substr(0, item ? bracket : end));
    if (!member) return false;
    shape = item ? member->shape().element().shape() : member->shape();
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return shape.has_value();
}

TEST(Rows, PathsLeadThroughTheAnswersOfTheirService) {
  for (const Row* row : all_rows()) {
    const auto in_answer = [&](std::string_view path, std::string_view name) {
      const auto found = name.empty() ? std::nullopt : operation(*row, name);
      return found && leads_somewhere(found->output(), path);
    };
    for (const std::string_view word : words_of(row->attributes)) {
      const std::string_view source = word.substr(word.find('=') + 1);
      EXPECT_TRUE(source.find('{') != std::string_view::npos || in_answer(source, row->create) ||
                  in_answer(source, row->read))
          << row->type << ' ' << word;
    }
    EXPECT_TRUE(row->made.empty() || in_answer(row->made, row->create)) << row->type;
    EXPECT_TRUE(row->found.empty() || in_answer(row->found, row->read)) << row->type;
    EXPECT_TRUE(row->listed.empty() || in_answer(row->listed, row->listing)) << row->type;
    for (const std::string_view word : words_of(row->busy)) {
      EXPECT_TRUE(in_answer(word.substr(0, word.find_first_of("=!")), row->read)) << row->type;
    }
  }
}

// Resource type schema, "readOnlyProperties" and "primaryIdentifier": what Fn::GetAtt reads and
// what an import asks for.
TEST(Types, AttributesAndIdentifiersAreThoseOfTheSchema) {
  for (const ResourceType& type : resource_types()) {
    SCOPED_TRACE(type.name);
    EXPECT_THAT(type.attributes, IsSubsetOf(readable_attributes(type.name)));
    if (!type.primary_identifier.empty()) {
      EXPECT_EQ(primary_identifier(type.name), std::vector{type.primary_identifier});
    }
    if (!type.name_property.empty()) {
      const Member* name = type.shape.find(type.name_property);
      ASSERT_NE(name, nullptr);
      EXPECT_TRUE(name->create_only);
    }
  }
}

void collect_refused(const Shape& shape, const std::string& path, std::vector<std::string>& found) {
  if (shape.item) collect_refused(*shape.item, path, found);
  for (const Member& member : shape.members) {
    const std::string where = path + '.' + member.name;
    if (member.refused) {
      found.push_back('`' + where + '`');
    } else {
      collect_refused(member.shape, where, found);
    }
  }
}

std::string documented(const ResourceType& type) {
  std::vector<std::string> served;
  std::vector<std::string> refused;
  for (const Member& member : type.shape.members) {
    if (member.refused) continue;
    served.push_back(member.name);
    collect_refused(member.shape, member.name, refused);
  }
  return fmt::format("| `{}` | {} | {} |", type.name, core::join(served, ", "),
                     core::join(refused, ", "));
}

TEST(Types, DocumentListsThemWithTheirProperties) {
  std::ifstream file(TANDEM_ROOT "/docs/resource-types.md");
  std::vector<std::string> listed;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `AWS::")) listed.push_back(line);
  }
  std::vector<std::string> expected;
  for (const ResourceType& type : resource_types()) expected.push_back(documented(type));
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(core::join(listed, "\n"), core::join(expected, "\n"));
}

TEST(Types, EverySchemaHasAType) {
  std::vector<std::string> names;
  for (const ResourceType& type : resource_types()) {
    names.push_back(type.name);
    EXPECT_TRUE(is_aws_type(type.name)) << type.name;
  }
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(types_with_schema()));
}

}  // namespace
}  // namespace tandem::cloudformation
