/**
 * V8 makes a function literal that is assigned straight to a property in the old generation, as most such functions are
 * methods that stay. One that dies with its request keeps all that it has seen of it there (docs/decisions/0029).
 */
const rule = {
  create(context) {
    return {
      AssignmentExpression({ operator, left, right }) {
        if (!OPERATORS.has(operator) || left.type !== 'MemberExpression' || !FUNCTIONS.has(right.type))
          return;
        context.report({
          node: right,
          message: 'Name the function first: `const onEnd = …; x.onEnd = onEnd;`',
        });
      },
    };
  },
};

const OPERATORS = new Set(['=', '??=', '||=', '&&=']);
const FUNCTIONS = new Set(['ArrowFunctionExpression', 'FunctionExpression']);

export default { meta: { name: 'tollgate' }, rules: { 'no-function-into-property': rule } };
